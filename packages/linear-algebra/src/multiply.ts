import { checkMatrix } from './check.ts';
import { withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix, mismatch } from './matrix.ts';

export interface MultiplyOptions {
  /** A^T in place of A. */
  readonly transposeA?: boolean;
  /** B^T in place of B. */
  readonly transposeB?: boolean;
}

/**
 * The product A B, or with transposes A^T B, A B^T, A^T B^T.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE
 */
export function multiply(a: Matrix, b: Matrix, options: MultiplyOptions = {}): Matrix {
  const { transposeA = false, transposeB = false } = options;
  checkMatrix('a', a);
  checkMatrix('b', b);
  const [m, k] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const [l, n] = transposeB ? [b.columns, b.rows] : [b.rows, b.columns];
  if (k !== l) throw mismatch(`The product of ${m} x ${k} by ${l} x ${n} does not exist: the inner sizes differ.`);
  if (m * n * k === 0) return matrix(m, n);
  return withWorkspace(m * k + k * n + m * n, ({ heap, take, read, gemm }) => {
    const [x, y, c] = [take(m * k), take(k * n), take(m * n)];
    heap.set(a.data, x);
    heap.set(b.data, y);
    const [ars, acs] = transposeA ? [1, m] : [k, 1];
    const [brs, bcs] = transposeB ? [1, k] : [n, 1];
    gemm(x, ars, acs, y, brs, bcs, c, n, m, n, k, 1, false);
    return matrix(m, n, read(c, m * n));
  });
}
