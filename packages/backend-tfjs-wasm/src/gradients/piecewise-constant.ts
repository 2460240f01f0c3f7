import { type GradConfig, zeros } from '@tensorflow/tfjs-core';

const pairs = [
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'],
  ...['LogicalAnd', 'LogicalOr', 'LogicalXor', 'BitwiseAnd'],
];
const single = ['LogicalNot', 'Any', 'All', 'IsNan', 'IsInf', 'IsFinite', 'ArgMax', 'ArgMin', 'Sign'];
const inputs: readonly (readonly [kernelName: string, names: readonly string[]])[] = [
  ...pairs.map((kernelName) => [kernelName, ['a', 'b']] as const),
  ...[...single, 'Floor', 'Ceil', 'Round', 'Step'].map((kernelName) => [kernelName, ['x']] as const),
  ['Multinomial', ['logits']],
  ['OneHot', ['indices']],
  ['SearchSorted', ['sortedSequence', 'values']],
  ['NonMaxSuppressionV3', ['boxes', 'scores']],
  ['NonMaxSuppressionV4', ['boxes', 'scores']],
  ['NonMaxSuppressionV5', ['boxes', 'scores']],
];

/**
 * Comparisons, logical operations and whatever yields whole numbers are constant wherever they have a derivative: it is zero, in
 * every order. tfjs-core has no gradient for most of them.
 */
export const piecewiseConstantGradients: readonly GradConfig[] = inputs.map(([kernelName, names]) => ({
  kernelName,
  inputsToSave: [...names],
  gradFunc: (_dy, saved) => Object.fromEntries(names.map((name, i) => [name, () => zeros(saved[i]!.shape)])),
}));
