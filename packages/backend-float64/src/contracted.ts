import type { Matrix } from '@overparam/core';
import { matrix } from '@overparam/linear-algebra';

/** Element (n, m) is V_n^T K_nm V_m, of the blocks C x C of K, which has the rows of these samples. */
export function contracted(K: Matrix, V: Matrix, samples?: readonly number[]): Matrix {
  const c = V.columns;
  const n = K.rows / c;
  const weights = samples ? samples.flatMap((s) => [...V.data.subarray(s * c, (s + 1) * c)]) : V.data;
  const out = matrix(n, n);
  for (let i = 0; i < K.rows; i++) {
    const row = Math.floor(i / c) * n;
    for (let j = 0; j < K.rows; j++)
      out.data[row + Math.floor(j / c)]! += weights[i]! * K.data[i * K.rows + j]! * weights[j]!;
  }
  return out;
}
