import {
  add,
  type FusedBatchNormAttrs,
  type GradConfig,
  mul,
  neg,
  reshape,
  rsqrt,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * FusedBatchNorm, y = (x - mean) r scale + offset with r = (variance + epsilon)^(-1/2). Statistics of rank 1 belong to
 * channels, and their derivatives are two sums over the rest, S0 = sum dy and S1 = sum dy (x - mean):
 * d mean = -r scale S0, d variance = -r^3 scale S1 / 2, d scale = r S1, d offset = S0.
 * tfjs-core tiles the statistics to the size of x, and multiplies at full size before it sums. Its tape knows no missing
 * input, so scale and offset are always there.
 */
export const batchNormGradient: GradConfig = {
  kernelName: 'FusedBatchNorm',
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (dy, saved, attributes) => {
    const { varianceEpsilon } = attributes as unknown as FusedBatchNormAttrs;
    const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor];
    const perChannel = mean.rank === 1;
    const total = (t: Tensor): Tensor =>
      perChannel
        ? sum(
            t,
            x.shape.slice(0, -1).map((_, axis) => axis),
          )
        : t;
    const r = rsqrt(add(variance, varianceEpsilon));
    const factor = mul(r, scale);
    const s0 = total(dy as Tensor);
    const s1 = total(mul(dy as Tensor, sub(x, mean)));
    return {
      x: () => reshape(mul(dy as Tensor, factor), x.shape),
      mean: () => reshape(neg(mul(factor, s0)), mean.shape),
      variance: () => reshape(mul(mul(mul(factor, mul(r, r)), s1), -0.5), mean.shape),
      scale: () => reshape(mul(r, s1), mean.shape),
      offset: () => reshape(s0, mean.shape),
    };
  },
};
