import { type GradConfig, zeros } from '@tensorflow/tfjs-core';

const comparisons = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];
const inputs: readonly (readonly [kernelName: string, names: readonly string[]])[] = [
  ...comparisons.map((kernelName) => [kernelName, ['a', 'b']] as const),
  ['Any', ['x']],
  ['All', ['x']],
];

/**
 * Comparisons are constant wherever they have a derivative: zero. tfjs-core has no gradient for them at all, so that a layer
 * which multiplies by a comparison (thresholdedReLU, masking) can't be trained.
 */
export const piecewiseConstantGradients: readonly GradConfig[] = inputs.map(([kernelName, names]) => ({
  kernelName,
  inputsToSave: [...names],
  gradFunc: (_dy, saved) => Object.fromEntries(names.map((name, i) => [name, () => zeros(saved[i]!.shape)])),
}));
