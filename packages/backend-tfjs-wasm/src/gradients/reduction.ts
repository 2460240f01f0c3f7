import { cast, type GradConfig, mul, reshape, type Tensor, tile, util } from '@tensorflow/tfjs-core';

/** The adjoint of a sum over axes: dy, the same everywhere along them. */
function spread(dy: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  const reduced = reshape(
    cast(dy, 'float32'),
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
  return tile(
    reduced,
    shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
  );
}

const axesOf = (attributes: unknown, shape: number[]): number[] =>
  util.parseAxisParam((attributes as { axis: number | number[] }).axis, shape);

/** Sum and Mean, by repeating dy; tfjs-core multiplies it by a tensor of ones that it fills in JavaScript. */
export const reductionGradients: readonly GradConfig[] = [
  {
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => ({ x: () => spread(dy as Tensor, x!.shape, axesOf(attributes, x!.shape)) }),
  },
  {
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => {
      const axes = axesOf(attributes, x!.shape);
      const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
      return { x: () => spread(mul(dy as Tensor, 1 / count), x!.shape, axes) };
    },
  },
];
