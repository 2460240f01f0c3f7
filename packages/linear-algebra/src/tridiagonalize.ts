import { compactFactor, reflect } from './householder.ts';
import { type Workspace } from './kernels/workspace.ts';

/** Columns that are reduced before the rest of the matrix is brought up to date. */
const NB = 32;
/** Reflectors that are applied together. */
const KB = 64;

/** Elements of workspace that `tridiagonalize` takes. */
export function tridiagonalizeSpace(n: number): number {
  return 3 * NB * n + 2 * NB;
}

/** T = Q^T A Q with diagonal d and off-diagonal e; Q = H_0 H_1 ..., whose vectors lie in the rows of A, scaled by tau. */
export interface Tridiagonal {
  readonly d: Float64Array;
  readonly e: Float64Array;
  readonly tau: Float64Array;
}

/**
 * Reduces a symmetric matrix, given by its upper triangle at `a` and scaled so that its largest entry is about 1, to tridiagonal form
 * by Householder reflections.
 * J. J. Dongarra, S. J. Hammarling, D. C. Sorensen, "Block reduction of matrices to condensed forms for eigenvalue
 * computations", J. Comput. Appl. Math. 27 (1989), the algorithm of LAPACK's dlatrd and dsytrd.
 */
export function tridiagonalize(space: Workspace, a: number, n: number): Tridiagonal {
  const { heap, take, gemm, symmetricProduct, rowDots, rowSum } = space;
  const d = new Float64Array(n);
  const e = new Float64Array(Math.max(0, n - 1));
  const tau = new Float64Array(Math.max(0, n - 1));
  // Rows: the vectors v of a panel, its vectors w, and v again, so that [V W] and [W V] both lie in one piece.
  const v = take(NB * n);
  const w = take(NB * n);
  const again = take(NB * n);
  const byV = take(NB);
  const byW = take(NB);

  // eps |A|, Frobenius.
  let squares = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) squares += (i === j ? 1 : 2) * heap[a + i * n + j]! * heap[a + i * n + j]!;
  const rounding = Number.EPSILON * Math.sqrt(squares);

  for (let start = 0; start < n; start += NB) {
    const end = Math.min(start + NB, n);
    for (let i = start; i < end; i++) {
      const row = a + i * n;
      const before = i - start;
      // Row i of A - V W^T - W V^T.
      for (let s = 0; s < before; s++) {
        heap[byV + s] = -heap[w + s * n + i]!;
        heap[byW + s] = -heap[v + s * n + i]!;
      }
      rowSum(v + i, n, before, n - i, byV, row + i);
      rowSum(w + i, n, before, n - i, byW, row + i);
      d[i] = heap[row + i]!;
      if (i === n - 1) break;

      const next = i + 1;
      const m = n - next;
      const reflector = reflect(heap, row + next, m);
      // A column of rounding errors is 0: to reflect it would cost the others orthogonality. Kernels and Laplacians of
      // graphs with many equal eigenvalues have such columns.
      const { tau: t, beta } = Math.abs(reflector.beta) > rounding ? reflector : { tau: 0, beta: 0 };
      e[i] = beta;
      tau[i] = t;
      const vi = v + before * n + next;
      const wi = w + before * n + next;
      heap.copyWithin(vi, row + next, row + n);
      heap.copyWithin(again + before * n + next, row + next, row + n);

      // w = tau (A - V W^T - W V^T) v, then w - (tau/2) <w, v> v.
      heap.fill(0, wi, wi + m);
      symmetricProduct(a + next * (n + 1), n, m, vi, wi);
      rowDots(w + next, n, before, m, vi, byV);
      rowDots(v + next, n, before, m, vi, byW);
      for (let s = 0; s < 2 * NB; s++) heap[byV + s]! *= -1;
      rowSum(v + next, n, before, m, byV, wi);
      rowSum(w + next, n, before, m, byW, wi);
      for (let p = wi; p < wi + m; p++) heap[p]! *= t;
      rowDots(wi, n, 1, m, vi, byV);
      heap[byV]! *= -t / 2;
      rowSum(vi, n, 1, m, byV, wi);
    }
    if (end < n) {
      gemm(v + end, 1, n, w + end, n, 1, a + end * (n + 1), n, n - end, n - end, 2 * NB, -1, true, 2);
    }
  }
  return { d, e, tau };
}

/** Elements of workspace that `rotateBack` takes. */
export function rotateBackSpace(n: number): number {
  return 2 * KB * KB + 2 * KB * n;
}

/** Turns eigenvectors of T, the rows of Z, into those of A: each row z becomes Q z. */
export function rotateBack(space: Workspace, a: number, n: number, tau: Float64Array, z: number): void {
  const { heap, take, gemm } = space;
  const gram = take(KB * KB);
  const t = take(KB * KB);
  const product = take(n * KB);
  const turned = take(n * KB);
  for (let start = Math.floor((tau.length - 1) / KB) * KB; start >= 0; start -= KB) {
    const k = Math.min(KB, tau.length - start);
    const first = start + 1;
    const m = n - first;
    const v = a + start * n + first;
    for (let i = 1; i < k; i++) heap.fill(0, v + i * n, v + i * n + i);
    gemm(v, n, 1, v, 1, n, gram, k, k, k, m, 1, false);
    compactFactor(heap, gram, k, tau, start, t);
    gemm(z + first, n, 1, v, 1, n, product, k, n, k, m, 1, false);
    gemm(product, k, 1, t, 1, k, turned, k, n, k, k, 1, false);
    gemm(turned, k, 1, v, n, 1, z + first, n, n, m, k, -1, true);
  }
}
