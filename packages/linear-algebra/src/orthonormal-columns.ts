import { type Matrix, matrix } from './matrix.ts';
import { type PivotedQr } from './pivoted-qr.ts';

/** The first `rank` columns of Q, m x rank: an orthonormal basis of what the columns of A span. */
export function orthonormalColumns({ rank, reflectors, tau }: PivotedQr): Matrix {
  const m = reflectors.columns;
  const q = matrix(m, rank);
  for (let k = 0; k < rank; k++) q.data[k * (rank + 1)] = 1;
  for (let k = rank - 1; k >= 0; k--) {
    const v = reflectors.data.subarray(k * m, (k + 1) * m);
    const products = new Float64Array(rank);
    for (let i = k; i < m; i++) for (let j = k; j < rank; j++) products[j]! += v[i]! * q.data[i * rank + j]!;
    for (let i = k; i < m; i++) for (let j = k; j < rank; j++) q.data[i * rank + j]! -= tau[k]! * v[i]! * products[j]!;
  }
  return q;
}
