import { type GradConfig, zeros } from '@tensorflow/tfjs-core';

const inputs: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'].map((kernel) => [
      kernel,
      ['a', 'b'],
    ]),
  ),
  ...Object.fromEntries(['LogicalNot', 'Any', 'All', 'IsNan', 'IsInf', 'IsFinite'].map((kernel) => [kernel, ['x']])),
};

/**
 * Comparisons and what combines them are constant wherever they have a derivative: zero. tfjs-core has no gradient for them
 * at all, so that a layer which multiplies by a comparison (thresholdedReLU, masking) can't be trained.
 */
export const piecewiseConstantGradients: readonly GradConfig[] = Object.entries(inputs).map(([kernelName, names]) => ({
  kernelName,
  inputsToSave: [...names],
  gradFunc: (_dy, saved) => Object.fromEntries(names.map((name, i) => [name, () => zeros(saved[i]!.shape)])),
}));
