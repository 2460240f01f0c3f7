import { add, engine, getBackend, getKernel, moments, mul, rsqrt, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Layer normalisation (arXiv:1607.06450): (x - mean) / sqrt(variance + epsilon) scale + offset, with the mean and the variance of
 * each row along the last axis; one kernel forward and one backward where the backend has them.
 *
 * @param x [..., n], float32
 * @param scale [n]
 * @param offset [n]
 */
export function layerNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon = 1e-5): Tensor {
  return tidy(() => {
    if (getKernel('OverparamLayerNorm', getBackend())) {
      const outputs = engine().runKernel('OverparamLayerNorm', { x, scale, offset }, { epsilon });
      return (outputs as unknown as Tensor[])[0]!;
    }
    const { mean, variance } = moments(x, -1, true);
    return add(mul(mul(sub(x, mean), rsqrt(add(variance, epsilon))), scale), offset);
  });
}
