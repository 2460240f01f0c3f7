import type { ColumnScaling } from '@overparam/core';
import { dot } from './vector.ts';

/** Some blocks of rows, each of `length` numbers. */
export const blocksOf = (data: Float64Array, length: number, wanted: readonly number[]): Float64Array =>
  Float64Array.from(wanted.flatMap((n) => Array.from(data.subarray(n * length, (n + 1) * length))));

/** A B^T, with rows of n numbers in both. */
export function product(A: Float64Array, B: Float64Array, n: number): Float64Array {
  const columns = B.length / n;
  return Float64Array.from({ length: (A.length / n) * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    return dot(A.subarray(r * n, r * n + n), B.subarray(c * n, c * n + n));
  });
}

/** J^T u */
export const transposedTimes = (J: Float64Array, u: Float64Array, P: number): Float64Array =>
  Float64Array.from({ length: P }, (_, p) => u.reduce((sum, x, i) => sum + x * J[i * P + p]!, 0));

/** V_n^T J_n, a row a sample. */
export const contracted = (J: Float64Array, V: Float64Array, C: number, P: number): Float64Array =>
  Float64Array.from({ length: J.length / C }, (_, i) => {
    const [n, p] = [Math.floor(i / P), i % P];
    let sum = 0;
    for (let c = 0; c < C; c++) sum += V[n * C + c]! * J[(n * C + c) * P + p]!;
    return sum;
  });

/** D = clip(diag(J^T J), min, max); 1 without a scaling. */
export const columnScale = (J: Float64Array, P: number, scaling: ColumnScaling | undefined): Float64Array =>
  Float64Array.from({ length: P }, (_, p) => {
    if (!scaling) return 1;
    let sum = 0;
    for (let i = p; i < J.length; i += P) sum += J[i]! ** 2;
    return Math.min(Math.max(sum, scaling.min), scaling.max);
  });
