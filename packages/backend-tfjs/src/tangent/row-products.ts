import type { Tensor } from '@tensorflow/tfjs-core';
import { gram, matrix, multiply } from '@overparam/linear-algebra';
import type { Matrix } from '@overparam/core';
import { addWork } from '../recording/meter.ts';
import { read, type Reading } from '../recording/reading.ts';

/** Rows of float32 numbers in float64. */
export interface ExactRows {
  readonly matrix: Matrix;
  readonly finite: boolean;
}

/** Reads a tensor's rows, along its first axis; the tensor is disposed of. */
export function* readRows(tensor: Tensor): Reading<ExactRows> {
  const rows = tensor.shape[0]!;
  const data = Float64Array.from(yield* read(tensor));
  return { matrix: matrix(rows, data.length / rows, data), finite: isFinite(data) };
}

/**
 * A B^T, the inner products of the rows of two matrices.
 *
 * The entries are float32 and the sums float64, so that the products are exact: a Gram matrix is that of the computed
 * rows, and positive semi-definite to 1e-16. Summed in float32 it loses its small eigenvalues, and a Gauss-Newton step
 * from where the kernel is nearly singular goes astray.
 */
export function rowProducts(a: ExactRows, b: ExactRows): ArrayLike<number> {
  addWork(2 * a.matrix.rows * b.matrix.rows * a.matrix.columns);
  if (!a.finite || !b.finite) return plainProducts(a.matrix, b.matrix);
  return (a === b ? gram(a.matrix) : multiply(a.matrix, b.matrix, { transposeB: true })).data;
}

function isFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/** The same where numbers are not finite, which linear-algebra refuses. */
function plainProducts(a: Matrix, b: Matrix): Float64Array {
  const { columns: width } = a;
  return Float64Array.from({ length: a.rows * b.rows }, (_, at) => {
    const [i, j] = [Math.floor(at / b.rows) * width, (at % b.rows) * width];
    let sum = 0;
    for (let k = 0; k < width; k++) sum += a.data[i + k]! * b.data[j + k]!;
    return sum;
  });
}
