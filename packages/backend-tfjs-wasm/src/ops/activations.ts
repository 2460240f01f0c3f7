import { add, engine, erf, getBackend, getKernel, mul, sigmoid, tidy, type Tensor } from '@tensorflow/tfjs-core';

function fused(kernelName: string, x: Tensor): Tensor | undefined {
  if (getKernel(kernelName, getBackend()) && x.dtype === 'float32')
    return engine().runKernel<Tensor>(kernelName, { x });
  return undefined;
}

/** GELU(x) = x Phi(x), Phi the standard normal distribution function (arXiv:1606.08415); one kernel where the backend has it. */
export function gelu(x: Tensor): Tensor {
  return fused('OverparamGelu', x) ?? tidy(() => mul(x, add(0.5, mul(0.5, erf(mul(x, Math.SQRT1_2))))));
}

/** SiLU(x) = x / (1 + e^-x) (arXiv:1606.08415, arXiv:1702.03118); one kernel where the backend has it. */
export function silu(x: Tensor): Tensor {
  return fused('OverparamSilu', x) ?? tidy(() => mul(x, sigmoid(x)));
}
