import { OverparamError } from '@overparam/core';
import { checkMatrix, checkVector } from './check.ts';
import { type Ldlt } from './ldlt.ts';
import { type Matrix, mismatch } from './matrix.ts';
import { solveTriangular } from './solve-triangular.ts';

/**
 * Solves A X = B from the factors P A P^T = L D L^T; B is a vector of n or an n x m matrix, and X is alike.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, or SINGULAR where D has a zero pivot
 */
export function solveLdlt<B extends Float64Array | Matrix>(factors: Ldlt, b: B): B;
export function solveLdlt(factors: Ldlt, b: Float64Array | Matrix): Float64Array | Matrix {
  const { lower, diagonal, permutation } = factors;
  const n = lower.rows;
  const zero = diagonal.findIndex((d, i) => d === 0 && !inBlock(factors, i));
  if (zero >= 0) {
    throw new OverparamError('SINGULAR', `Pivot ${zero} of D is 0: the matrix is singular. leastSquares gives the solution of minimum norm.`); // prettier-ignore
  }
  if (b instanceof Float64Array) {
    checkVector('b', b, n);
    const y = solveTriangular(lower, permuted(b, permutation, 1), { unitDiagonal: true });
    solveBlocks(factors, y, 1);
    return restored(solveTriangular(lower, y, { unitDiagonal: true, transpose: true }), permutation, 1);
  }
  checkMatrix('b', b);
  if (b.rows !== n) throw mismatch(`b has ${b.rows} rows: the factored matrix is ${n} x ${n}.`);
  const y = solveTriangular(lower, { ...b, data: permuted(b.data, permutation, b.columns) }, { unitDiagonal: true });
  solveBlocks(factors, y.data, b.columns);
  const x = solveTriangular(lower, y, { unitDiagonal: true, transpose: true });
  return { ...x, data: restored(x.data, permutation, b.columns) };
}

function inBlock({ offDiagonal }: Ldlt, i: number): boolean {
  return offDiagonal[i] !== 0 || (i > 0 && offDiagonal[i - 1] !== 0);
}

/** Y <- D^-1 Y */
function solveBlocks({ diagonal, offDiagonal }: Ldlt, y: Float64Array, columns: number): void {
  for (let k = 0; k < diagonal.length; k++) {
    const off = offDiagonal[k]!;
    const [row, next] = [k * columns, (k + 1) * columns];
    if (off === 0) {
      for (let q = 0; q < columns; q++) y[row + q]! /= diagonal[k]!;
      continue;
    }
    // Divided by `off`, the largest element of the block, nothing overflows.
    const d = diagonal[k]! / off;
    const e = diagonal[k + 1]! / off;
    for (let q = 0; q < columns; q++) {
      const [s, t] = [y[row + q]! / off, y[next + q]! / off];
      y[row + q] = (e * s - t) / (d * e - 1);
      y[next + q] = (d * t - s) / (d * e - 1);
    }
    k++;
  }
}

function permuted(data: Float64Array, permutation: Int32Array, columns: number): Float64Array {
  const out = new Float64Array(data.length);
  permutation.forEach((from, i) => out.set(data.subarray(from * columns, (from + 1) * columns), i * columns));
  return out;
}

function restored(data: Float64Array, permutation: Int32Array, columns: number): Float64Array {
  const out = new Float64Array(data.length);
  permutation.forEach((to, i) => out.set(data.subarray(i * columns, (i + 1) * columns), to * columns));
  return out;
}
