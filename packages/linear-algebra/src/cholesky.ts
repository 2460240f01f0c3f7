import { badOption } from '@overparam/core';
import { checkLower } from './check.ts';
import { type Workspace, withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix } from './matrix.ts';

export interface CholeskyOptions {
  /** Factors A + shift I in place of A; default 0. */
  readonly shift?: number;
}

/** A factor, or where there is none. */
export type Cholesky =
  | {
      readonly positiveDefinite: true;
      /** L, lower triangular with a positive diagonal, zeros above it. */
      readonly lower: Matrix;
    }
  | {
      readonly positiveDefinite: false;
      /** The leading rows and columns up to and with this index are the first that are not positive definite. */
      readonly failedAt: number;
      /** What the square of L's diagonal would be there: zero, negative or not a number. */
      readonly pivot: number;
    };

/**
 * The Cholesky factorisation A + shift I = L L^T of a symmetric matrix, of which only the lower triangle is read.
 * Recursive: F. G. Gustavson, "Recursion leads to automatic variable blocking", IBM J. Res. Dev. 41 (1997).
 *
 * A matrix that is not positive definite is an answer, not an error: damping is then raised and the factorisation tried again.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, BAD_OPTION
 */
export function cholesky(a: Matrix, { shift = 0 }: CholeskyOptions = {}): Cholesky {
  if (!Number.isFinite(shift)) throw badOption('shift', shift, 'a finite number');
  checkLower('a', a);
  const n = a.rows;
  return withWorkspace(n * n, (space) => {
    const { heap } = space;
    const at = space.take(n * n);
    heap.set(a.data, at);
    for (let i = 0; i < n; i++) heap[at + i * (n + 1)]! += shift;
    const failedAt = factor(space, at, n, n);
    if (failedAt >= 0) return { positiveDefinite: false, failedAt, pivot: heap[at + failedAt * (n + 1)]! };
    const lower = matrix(n, n);
    for (let i = 0; i < n; i++) lower.data.set(heap.subarray(at + i * n, at + i * n + i + 1), i * n);
    return { positiveDefinite: true, lower };
  });
}

/** Factors in place; the index where it fails, or -1. */
function factor(space: Workspace, at: number, stride: number, n: number): number {
  const { heap, gemm } = space;
  if (n > 16) {
    const half = halved(n);
    const failed = factor(space, at, stride, half);
    if (failed >= 0) return failed;
    const below = at + half * stride;
    solveRight(space, at, half, below, n - half, stride);
    gemm(below, stride, 1, below, 1, stride, below + half, stride, n - half, n - half, half, -1, true, 1);
    const later = factor(space, below + half, stride, n - half);
    return later < 0 ? later : later + half;
  }
  for (let i = 0; i < n; i++) {
    const row = at + i * stride;
    for (let j = 0; j < i; j++) {
      const other = at + j * stride;
      let s = heap[row + j]!;
      for (let p = 0; p < j; p++) s -= heap[row + p]! * heap[other + p]!;
      heap[row + j] = s / heap[other + j]!;
    }
    let pivot = heap[row + i]!;
    for (let p = 0; p < i; p++) pivot -= heap[row + p]! * heap[row + p]!;
    heap[row + i] = pivot;
    if (!(pivot > 0 && pivot < Infinity)) return i;
    heap[row + i] = Math.sqrt(pivot);
  }
  return -1;
}

/** X <- X L^-T for the m x n block X. */
function solveRight(space: Workspace, l: number, n: number, x: number, m: number, stride: number): void {
  const { heap, gemm } = space;
  if (n > 8) {
    const half = halved(n);
    solveRight(space, l, half, x, m, stride);
    const below = l + half * stride;
    gemm(x, stride, 1, below, 1, stride, x + half, stride, m, n - half, half, -1, true);
    solveRight(space, below + half, n - half, x + half, m, stride);
    return;
  }
  for (let i = 0, row = x; i < m; i++, row += stride) {
    for (let j = 0; j < n; j++) {
      const other = l + j * stride;
      let s = heap[row + j]!;
      for (let p = 0; p < j; p++) s -= heap[row + p]! * heap[other + p]!;
      heap[row + j] = s / heap[other + j]!;
    }
  }
}

/** About half of n, in whole tiles of the product. */
function halved(n: number): number {
  return Math.ceil(n / 16) * 8;
}
