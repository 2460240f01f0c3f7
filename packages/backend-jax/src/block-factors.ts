import type { Matrix } from '@overparam/core';
import { symmetricEigen } from '@overparam/linear-algebra';

/**
 * S_n with S_n S_n^T the positive semi-definite part of H_n: Q sqrt(max(Lambda, 0)) for H_n = Q Lambda Q^T.
 *
 * @param rows element (k, n, l) is (H_n)_kl, C x N x C
 * @returns the blocks one below the other, N C x C
 */
export function blockFactors(rows: Float64Array, N: number, C: number): Matrix {
  const data = new Float64Array(N * C * C);
  for (let n = 0; n < N; n++) {
    const block = Float64Array.from({ length: C * C }, (_, i) => {
      const [k, l] = [Math.floor(i / C), i % C];
      return (rows[(k * N + n) * C + l]! + rows[(l * N + n) * C + k]!) / 2;
    });
    const { values, vectors } = symmetricEigen({ rows: C, columns: C, data: block });
    for (let k = 0; k < C; k++)
      for (let l = 0; l < C; l++)
        data[(n * C + k) * C + l] = vectors.data[k * C + l]! * Math.sqrt(Math.max(values[l]!, 0));
  }
  return { rows: N * C, columns: C, data };
}
