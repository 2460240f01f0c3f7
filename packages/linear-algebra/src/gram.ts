import { checkMatrix } from './check.ts';
import { withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix } from './matrix.ts';
import { mirrorLower } from './mirror.ts';

export interface GramOptions {
  /** The inner products of the columns, A^T A, in place of those of the rows. */
  readonly ofColumns?: boolean;
}

/**
 * The Gram matrix A A^T of the rows of A, symmetric to the bit, at half the cost of a product.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE
 */
export function gram(a: Matrix, { ofColumns = false }: GramOptions = {}): Matrix {
  checkMatrix('a', a);
  const [n, k] = ofColumns ? [a.columns, a.rows] : [a.rows, a.columns];
  if (n * k === 0) return matrix(n, n);
  return withWorkspace(n * k + n * n, ({ heap, take, read, gemm }) => {
    const [x, c] = [take(n * k), take(n * n)];
    heap.set(a.data, x);
    const [rs, cs] = ofColumns ? [1, n] : [k, 1];
    gemm(x, rs, cs, x, cs, rs, c, n, n, n, k, 1, false, 1);
    mirrorLower(heap, c, n);
    return matrix(n, n, read(c, n * n));
  });
}
