import { checkLower } from './check.ts';
import { type Workspace, withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix } from './matrix.ts';
import { mirrorLower } from './mirror.ts';
import { toUnitScale } from './power-of-two.ts';

/** P A P^T = L D L^T. */
export interface Ldlt {
  /** L: lower triangular, ones on its diagonal. */
  readonly lower: Matrix;
  /** The diagonal of D. */
  readonly diagonal: Float64Array;
  /** offDiagonal[k] is element (k + 1, k) of D: not zero only where a 2 x 2 block begins. */
  readonly offDiagonal: Float64Array;
  /** Row i of P A P^T is row permutation[i] of A. */
  readonly permutation: Int32Array;
  /** How many eigenvalues of D, and so of A (Sylvester), are positive, negative and zero. */
  readonly inertia: { readonly positive: number; readonly negative: number; readonly zero: number };
}

/** Balances the growth of a 1 x 1 pivot against that of a 2 x 2 pivot. */
const ALPHA = (1 + Math.sqrt(17)) / 8;

/**
 * The factorisation P A P^T = L D L^T of any symmetric matrix, definite or not, of which only the lower triangle is read.
 * J. R. Bunch and L. Kaufman, "Some stable methods for calculating inertia and solving symmetric linear systems", Math. Comp. 31
 * (1977), partial pivoting.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE
 */
export function ldlt(a: Matrix): Ldlt {
  const { scale, unscale } = toUnitScale(checkLower('a', a));
  const n = a.rows;
  return withWorkspace(n * n + 2 * n, (space) => {
    const { heap, take } = space;
    // The lower triangle is worked on as the upper one, where its columns are rows.
    const at = take(n * n);
    for (let i = 0; i < n * n; i++) heap[at + i] = scale(a.data[i]!);
    mirrorLower(heap, at, n);
    const { offDiagonal, permutation } = eliminate(space, at, n);

    const lower = matrix(n, n);
    const diagonal = new Float64Array(n);
    const inertia = { positive: 0, negative: 0, zero: 0 };
    for (let j = 0; j < n; j++) {
      const d = heap[at + j * (n + 1)]!;
      diagonal[j] = unscale(d);
      lower.data[j * (n + 1)] = 1;
      const inBlock = offDiagonal[j] !== 0;
      for (let i = inBlock ? j + 2 : j + 1; i < n; i++) lower.data[i * n + j] = heap[at + j * n + i]!;
      // The determinant of a 2 x 2 pivot is negative: one eigenvalue of each sign, counted at its two rows.
      if (inBlock) inertia.positive++;
      else if (j > 0 && offDiagonal[j - 1] !== 0) inertia.negative++;
      else inertia[d > 0 ? 'positive' : d < 0 ? 'negative' : 'zero']++;
    }
    return { lower, diagonal, offDiagonal: offDiagonal.map(unscale), permutation, inertia };
  });
}

function eliminate(space: Workspace, at: number, n: number): Pick<Ldlt, 'offDiagonal' | 'permutation'> {
  const { heap, take, rankOne } = space;
  const first = take(n);
  const second = take(n);
  const offDiagonal = new Float64Array(n);
  const permutation = Int32Array.from({ length: n }, (_, i) => i);

  for (let k = 0; k < n;) {
    const { pivot, size } = choosePivot(heap, at, n, k);
    const last = k + size - 1;
    if (pivot !== last) {
      exchange(heap, at, n, last, pivot);
      const kept = permutation[last]!;
      permutation[last] = permutation[pivot]!;
      permutation[pivot] = kept;
    }
    const row = at + k * n;
    const next = k + size;
    const m = n - next;
    const trailing = at + next * (n + 1);
    if (size === 1) {
      const d = heap[row + k]!;
      for (let j = 0; j < m; j++) heap[first + j] = d === 0 ? 0 : -heap[row + next + j]! / d;
      rankOne(trailing, n + 1, m, m, first, row + next, true);
      for (let j = 0; j < m; j++) heap[row + next + j] = -heap[first + j]!;
    } else {
      const below = row + n;
      const off = heap[row + k + 1]!;
      const d = heap[below + k + 1]! / off;
      const e = heap[row + k]! / off;
      const factor = 1 / (d * e - 1) / off;
      for (let j = 0; j < m; j++) {
        const [x, y] = [heap[row + next + j]!, heap[below + next + j]!];
        heap[first + j] = -factor * (d * x - y);
        heap[second + j] = -factor * (e * y - x);
      }
      rankOne(trailing, n + 1, m, m, first, row + next, true);
      rankOne(trailing, n + 1, m, m, second, below + next, true);
      for (let j = 0; j < m; j++) {
        heap[row + next + j] = -heap[first + j]!;
        heap[below + next + j] = -heap[second + j]!;
      }
      offDiagonal[k] = off;
    }
    k = next;
  }
  return { offDiagonal, permutation };
}

function choosePivot(
  heap: Float64Array,
  at: number,
  n: number,
  k: number,
): { readonly pivot: number; readonly size: 1 | 2 } {
  const diagonal = Math.abs(heap[at + k * (n + 1)]!);
  let column = 0;
  let r = k;
  for (let j = k + 1; j < n; j++) {
    const x = Math.abs(heap[at + k * n + j]!);
    if (x > column) {
      column = x;
      r = j;
    }
  }
  if (diagonal >= ALPHA * column) return { pivot: k, size: 1 };
  let other = 0;
  for (let j = k; j < r; j++) other = Math.max(other, Math.abs(heap[at + j * n + r]!));
  for (let j = r + 1; j < n; j++) other = Math.max(other, Math.abs(heap[at + r * n + j]!));
  if (diagonal >= ALPHA * column * (column / other)) return { pivot: k, size: 1 };
  if (Math.abs(heap[at + r * (n + 1)]!) >= ALPHA * other) return { pivot: r, size: 1 };
  return { pivot: r, size: 2 };
}

/** Exchanges rows and columns i < j, also of the columns of L that are done. */
function exchange(heap: Float64Array, at: number, n: number, i: number, j: number): void {
  const swap = (x: number, y: number): void => {
    const kept = heap[x]!;
    heap[x] = heap[y]!;
    heap[y] = kept;
  };
  for (let r = 0; r < i; r++) swap(at + r * n + i, at + r * n + j);
  for (let c = i + 1; c < j; c++) swap(at + i * n + c, at + c * n + j);
  for (let c = j + 1; c < n; c++) swap(at + i * n + c, at + j * n + c);
  swap(at + i * (n + 1), at + j * (n + 1));
}
