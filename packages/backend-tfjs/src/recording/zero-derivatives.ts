import { getGradient, registerGradient, zeros, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';

/** Kernels whose outputs do not vary with these inputs, other than by jumps: comparisons, logic, whole numbers. */
const inputsOf: Readonly<Record<string, readonly string[]>> = {
  ...each(['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'], ['a', 'b']),
  ...each(['LogicalAnd', 'LogicalOr', 'LogicalXor', 'BitwiseAnd', 'FloorDiv'], ['a', 'b']),
  ...each(['LogicalNot', 'All', 'Any', 'ArgMax', 'ArgMin', 'IsFinite', 'IsInf', 'IsNan'], ['x']),
  ...each(['Floor', 'Ceil', 'Round', 'Sign', 'ZerosLike', 'OnesLike', 'Bincount', 'Unique'], ['x']),
  Where: ['condition'],
  OneHot: ['indices'],
  DenseBincount: ['x', 'weights'],
  LowerBound: ['sortedSequence', 'values'],
  UpperBound: ['sortedSequence', 'values'],
  SearchSorted: ['sortedSequence', 'values'],
};

function each(kernels: readonly string[], inputs: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(kernels.map((kernel) => [kernel, inputs]));
}

const isWhole = (dtype: unknown): boolean => dtype === 'int32' || dtype === 'bool';

/** Whether the derivative of a kernel is zero wherever it has one: then no reverse pass needs to go through it. */
export const hasZeroDerivative = (kernel: string, attrs: NamedAttrMap | undefined): boolean =>
  Object.hasOwn(inputsOf, kernel) || (kernel === 'Cast' && isWhole(attrs?.['dtype']));

/**
 * Gives tfjs's own tape the gradients of these kernels: it has none of `LogicalAnd` and its like, those of `FloorDiv` are
 * the quotient's, and it takes a cast to whole numbers for the identity.
 */
export function registerZeroDerivatives(): void {
  if (registered.has(getGradient('Cast')!)) return;
  for (const [kernelName, inputsToSave] of Object.entries(inputsOf))
    if (!getGradient(kernelName) || kernelName === 'FloorDiv')
      registerGradient({
        kernelName,
        inputsToSave: [...inputsToSave],
        gradFunc: (_, saved) => Object.fromEntries(inputsToSave.map((name, i) => [name, () => zeros(saved[i]!.shape)])),
      });
  const cast = getGradient('Cast');
  if (!cast) return;
  const whole = {
    ...cast,
    gradFunc: (dy: Tensor | Tensor[], saved: Tensor[], attrs: NamedAttrMap) =>
      isWhole(attrs['dtype']) ? { x: () => zeros((dy as Tensor).shape) } : cast.gradFunc(dy, saved, attrs),
  };
  registerGradient(whole);
  registered.add(whole);
}

const registered = new WeakSet<object>();
