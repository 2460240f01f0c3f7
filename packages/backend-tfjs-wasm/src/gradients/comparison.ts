import { type GradConfig, type Tensor, zeros } from '@tensorflow/tfjs-core';

const names = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];

/**
 * A comparison is constant wherever it has a derivative: zero. tfjs-core has no gradient for it at all, so that a layer which
 * multiplies by a comparison (thresholdedReLU, masking) can't be trained.
 */
export const comparisonGradients: readonly GradConfig[] = names.map((kernelName) => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (_dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor];
    return { a: () => zeros(a.shape), b: () => zeros(b.shape) };
  },
}));
