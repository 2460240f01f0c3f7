import { type Matrix } from './matrix.ts';
import { solveTriangular } from './solve-triangular.ts';

/**
 * Solves A X = B from the Cholesky factor L of A = L L^T; B is a vector of n or an n x m matrix, and X is alike.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, SINGULAR
 */
export function solveCholesky<B extends Float64Array | Matrix>(lower: Matrix, b: B): B {
  return solveTriangular(lower, solveTriangular(lower, b), { transpose: true });
}
