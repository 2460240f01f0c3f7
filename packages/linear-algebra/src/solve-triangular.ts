import { OverparamError } from '@overparam/core';
import { checkMatrix, checkSquare, checkVector } from './check.ts';
import { type Workspace, withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix, mismatch } from './matrix.ts';

export interface TriangularOptions {
  /** The upper triangle of T is read in place of the lower. */
  readonly upper?: boolean;
  /** Solves T^T X = B in place of T X = B. */
  readonly transpose?: boolean;
  /** The diagonal of T is taken as ones, and not read. */
  readonly unitDiagonal?: boolean;
}

/**
 * Solves T X = B for a triangular T, n x n; B is a vector of n or an n x m matrix, and X is alike.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, or SINGULAR where an element of the diagonal is zero
 */
export function solveTriangular<B extends Float64Array | Matrix>(t: Matrix, b: B, options?: TriangularOptions): B;
export function solveTriangular(
  t: Matrix,
  b: Float64Array | Matrix,
  { upper = false, transpose = false, unitDiagonal = false }: TriangularOptions = {},
): Float64Array | Matrix {
  checkSquare('t', t);
  const n = t.rows;
  if (!unitDiagonal) {
    for (let i = 0; i < n; i++) {
      if (t.data[i * (n + 1)] === 0)
        throw new OverparamError('SINGULAR', `t (row ${i}, column ${i}) is 0: a triangular matrix with a zero on its diagonal has no inverse.`); // prettier-ignore
    }
  }
  const vector = b instanceof Float64Array;
  if (vector) checkVector('b', b, n);
  else {
    checkMatrix('b', b);
    if (b.rows !== n) throw mismatch(`b has ${b.rows} rows: t is ${n} x ${n}.`);
  }
  const columns = vector ? 1 : b.columns;
  if (columns === 1) {
    const x = Float64Array.from(vector ? b : b.data);
    solveVector(t.data, n, x, upper, transpose, unitDiagonal);
    return vector ? x : matrix(n, 1, x);
  }
  return withWorkspace(n * n + n * columns, (space) => {
    const { heap } = space;
    const [at, x] = [space.take(n * n), space.take(n * columns)];
    heap.set(t.data, at);
    heap.set((b as Matrix).data, x);
    const [rs, cs] = transpose ? [1, n] : [n, 1];
    solve(space, { at, rs, cs, n, forward: upper === transpose, unitDiagonal }, x, columns);
    return matrix(n, columns, space.read(x, n * columns));
  });
}

/** One right-hand side, along the rows of T: by inner products, or by sums of rows for a transpose. */
function solveVector(
  t: Float64Array,
  n: number,
  x: Float64Array,
  upper: boolean,
  transpose: boolean,
  unitDiagonal: boolean,
): void {
  const forward = upper === transpose;
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    const row = i * n;
    const [from, to] = upper ? [i + 1, n] : [0, i];
    let s = x[i]!;
    if (!transpose) for (let j = from; j < to; j++) s -= t[row + j]! * x[j]!;
    if (!unitDiagonal) s /= t[row + i]!;
    x[i] = s;
    if (transpose) for (let j = from; j < to; j++) x[j]! -= t[row + j]! * s;
  }
}

interface Triangle {
  readonly at: number;
  readonly rs: number;
  readonly cs: number;
  readonly n: number;
  /** Whether, with these strides, it is a lower triangle. */
  readonly forward: boolean;
  readonly unitDiagonal: boolean;
}

function solve(space: Workspace, t: Triangle, x: number, columns: number): void {
  const { heap, gemm } = space;
  const { at, rs, cs, n, forward } = t;
  if (n > 8) {
    const half = Math.ceil(n / 16) * 8;
    const rest = n - half;
    const first = { ...t, n: half };
    const second = { ...t, at: at + half * (rs + cs), n: rest };
    const later = x + half * columns;
    if (forward) {
      solve(space, first, x, columns);
      gemm(at + half * rs, rs, cs, x, columns, 1, later, columns, rest, columns, half, -1, true);
      solve(space, second, later, columns);
    } else {
      solve(space, second, later, columns);
      gemm(at + half * cs, rs, cs, later, columns, 1, x, columns, half, columns, rest, -1, true);
      solve(space, first, x, columns);
    }
    return;
  }
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    const row = x + i * columns;
    for (let before = 0; before < step; before++) {
      const j = forward ? before : n - 1 - before;
      const factor = heap[at + i * rs + j * cs]!;
      const other = x + j * columns;
      for (let q = 0; q < columns; q++) heap[row + q]! -= factor * heap[other + q]!;
    }
    if (t.unitDiagonal) continue;
    const diagonal = heap[at + i * (rs + cs)]!;
    for (let q = 0; q < columns; q++) heap[row + q]! /= diagonal;
  }
}
