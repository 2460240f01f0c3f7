import { type Matrix } from '@overparam/core';
import { matrix } from '@overparam/linear-algebra';

/**
 * S = diag(S_1, ..., S_N), as the blocks S_n, C x C each and one below the other, or null for the identity: how the
 * Hessian of a loss in its outputs is held, H = S S^T.
 */
export type Blocks = Matrix | null;

/** S x */
export function times(S: Blocks, x: Float64Array): Float64Array {
  if (!S) return x;
  const c = S.columns;
  return x.map((_, row) => {
    const first = row - (row % c);
    let sum = 0;
    for (let j = 0; j < c; j++) sum += S.data[row * c + j]! * x[first + j]!;
    return sum;
  });
}

/** S^T x */
export function transposedTimes(S: Blocks, x: Float64Array): Float64Array {
  if (!S) return x;
  return transposedTimesRows(S, matrix(x.length, 1, x)).data;
}

/** S^T A for a matrix of N C rows. */
export function transposedTimesRows(S: Blocks, a: Matrix): Matrix {
  if (!S) return a;
  const c = S.columns;
  const { rows, columns } = a;
  const out = matrix(rows, columns);
  for (let row = 0; row < rows; row++) {
    const first = row - (row % c);
    for (let i = 0; i < c; i++) {
      const s = S.data[row * c + i]!;
      const from = row * columns;
      const to = (first + i) * columns;
      for (let j = 0; j < columns; j++) out.data[to + j]! += s * a.data[from + j]!;
    }
  }
  return out;
}

/** S^T K S for a symmetric K. */
export function congruent(S: Blocks, K: Matrix): Matrix {
  if (!S) return K;
  const c = S.columns;
  const n = K.rows;
  const out = transposedTimesRows(S, K);
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    row.set(out.data.subarray(i * n, (i + 1) * n));
    for (let j = 0; j < n; j++) {
      const first = j - (j % c);
      let sum = 0;
      for (let k = 0; k < c; k++) sum += row[first + k]! * S.data[(first + k) * c + (j - first)]!;
      out.data[i * n + j] = sum;
    }
  }
  return out;
}

/** The largest element of the diagonal of H = S S^T. */
export function largestCurvature(S: Blocks): number {
  if (!S) return 1;
  const c = S.columns;
  let largest = 0;
  for (let row = 0; row < S.rows; row++) {
    let sum = 0;
    for (let j = 0; j < c; j++) sum += S.data[row * c + j]! ** 2;
    largest = Math.max(largest, sum);
  }
  return largest;
}
