import { cast, matMul, mul, oneHot, reshape, scalar, slice, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Factor } from './factor.ts';

/**
 * The gradients sum_t a_nt b_nt^T of the samples, of their rows from `start` on: N x (rows x fan out), with the
 * factor's scale.
 */
export function sampleGradients(
  { samples, positions, fanIn, fanOut, input, index, scale }: Factor,
  b: Tensor,
  start: number,
  rows: number,
): Tensor {
  const a = index
    ? reshape(cast(oneHot(sub(index(), scalar(start, 'int32')), rows), 'float32'), [samples, positions, rows])
    : slice(reshape(input!(), [samples, positions, fanIn]), [0, 0, start], [samples, positions, rows]);
  const gradients = reshape(matMul(a, reshape(b, [samples, positions, fanOut]), true, false), [samples, rows * fanOut]);
  return scale ? mul(gradients, reshape(slice(scale(), [start, 0], [rows, fanOut]), [1, rows * fanOut])) : gradients;
}
