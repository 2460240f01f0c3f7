import { broadcast_util, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';

/** The sum over the axes along which `shape` was broadcast to the shape of x: the adjoint of broadcasting. */
export function sumToShape(x: Tensor, shape: readonly number[]): Tensor {
  const axes = broadcast_util.getReductionAxes(shape as number[], x.shape);
  return reshape(axes.length > 0 ? sum(x, axes) : x, shape as number[]);
}
