import { matrix, symmetricEigen } from '@overparam/linear-algebra';
import type { Matrix } from '@overparam/core';

/** Below this part of the largest eigenvalue lie the rounding errors of float32. */
const noise = 2 ** -22;

/**
 * S_n with S_n S_n^T the nearest positive semi-definite matrix to H_n (its negative eigenvalues become 0; Higham 1988,
 * Theorem 2.1), one below the other.
 * @param blocks H_n one after the other, each C x C
 */
export function nearestFactor(blocks: ArrayLike<number>, samples: number, size: number): Matrix {
  const data = new Float64Array(samples * size * size);
  for (let n = 0; n < samples; n++) {
    const h = new Float64Array(size * size);
    let diagonal = true;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        h[i * size + j] = (blocks[(n * size + i) * size + j]! + blocks[(n * size + j) * size + i]!) / 2;
        diagonal &&= i === j || h[i * size + j] === 0;
      }
    const s = data.subarray(n * size * size, (n + 1) * size * size);
    if (diagonal) for (let i = 0; i < size; i++) s[i * size + i] = Math.sqrt(Math.max(0, h[i * size + i]!));
    else {
      const { values, vectors } = symmetricEigen(matrix(size, size, h));
      const cut = noise * size * Math.max(...values.map(Math.abs));
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++)
          s[i * size + j] = values[j]! > cut ? vectors.data[j * size + i]! * Math.sqrt(values[j]!) : 0;
    }
  }
  return { rows: samples * size, columns: size, data };
}
