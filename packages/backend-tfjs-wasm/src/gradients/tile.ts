import { type GradConfig, reshape, sum, type Tensor, type TileAttrs } from '@tensorflow/tfjs-core';

/**
 * The shape in which every repeated axis is an axis of repetitions before the axis itself, with the axes of repetitions.
 * Neighbours of one kind are one axis, which keeps the rank within what the kernels take.
 */
export function repetitionAxes(
  shape: readonly number[],
  repetitions: readonly number[],
): { readonly shape: readonly number[]; readonly axes: readonly number[] } {
  const sizes: number[] = [];
  const repeated: boolean[] = [];
  const push = (size: number, isRepetition: boolean): void => {
    if (size === 1) return;
    if (repeated.at(-1) === isRepetition) sizes.push(sizes.pop()! * size);
    else {
      sizes.push(size);
      repeated.push(isRepetition);
    }
  };
  shape.forEach((size, axis) => {
    push(repetitions[axis]!, true);
    push(size, false);
  });
  return { shape: sizes, axes: repeated.flatMap((isRepetition, axis) => (isRepetition ? [axis] : [])) };
}

/** Tile: one sum over the repetitions, where tfjs-core adds one slice after another. */
export const tileGradient: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attributes) => {
    const { reps } = attributes as unknown as TileAttrs;
    const { shape, axes } = repetitionAxes(x!.shape, reps);
    return {
      x: () => {
        const split = reshape(dy as Tensor, [...shape]);
        return reshape(axes.length > 0 ? sum(split, [...axes]) : split, x!.shape);
      },
    };
  },
};
