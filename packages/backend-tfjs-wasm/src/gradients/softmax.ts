import { engine, getBackend, getKernel, type GradConfig, mul, sub, sum, type Tensor } from '@tensorflow/tfjs-core';

const fused = 'OverparamSoftmaxGradient';

/** y (dy - <y, dy>) along the last axis: one kernel where the backend has it. */
export function throughSoftmax(y: Tensor, dy: Tensor): Tensor {
  if (getKernel(fused, getBackend())) return engine().runKernel(fused, { y, dy });
  return mul(y, sub(dy, sum(mul(y, dy), -1, true)));
}

/** The gradient of `throughSoftmax`. */
export const softmaxGradientGradient: GradConfig = {
  kernelName: fused,
  inputsToSave: ['y', 'dy'],
  gradFunc: (upstream, saved) => {
    const [y, dy, u] = [...saved, upstream] as [Tensor, Tensor, Tensor];
    const inner = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b), -1, true);
    return {
      y: () => sub(mul(u, sub(dy, inner(y, dy))), mul(dy, inner(u, y))),
      dy: () => throughSoftmax(y, u),
    };
  },
};
