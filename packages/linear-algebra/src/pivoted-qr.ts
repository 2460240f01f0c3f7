import { badOption } from '@overparam/core';
import { checkMatrix } from './check.ts';
import { reflect } from './householder.ts';
import { type Workspace, withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix } from './matrix.ts';
import { toUnitScale } from './power-of-two.ts';

export interface PivotedQrOptions {
  /** Columns whose rest is at most this fraction of the first pivot count as dependent; default max(m, n) eps. */
  readonly tolerance?: number;
}

/** A P = Q R, for A of m x n and of that rank. */
export interface PivotedQr {
  readonly rank: number;
  /** R: rank x n, upper trapezoidal; its diagonal descends in modulus. */
  readonly r: Matrix;
  /** Column i of A P is column permutation[i] of A. */
  readonly permutation: Int32Array;
  /** Q = H_0 H_1 ..., H_k = I - tau_k v_k v_k^T; row k, of m elements, is v_k. */
  readonly reflectors: Matrix;
  readonly tau: Float64Array;
}

/**
 * QR factorisation with column pivoting by Householder reflections, and the numerical rank: P. Businger and G. H. Golub,
 * "Linear least squares solutions by Householder transformations", Numer. Math. 7 (1965); column norms are brought up to date as
 * in Z. Drmac and Z. Bujanovic, "On the failure of rank-revealing QR factorization software", ACM TOMS 35 (2008).
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, BAD_OPTION
 */
export function pivotedQr(a: Matrix, options: PivotedQrOptions = {}): PivotedQr {
  const { scale, unscale } = toUnitScale(checkMatrix('a', a));
  const { rows: m, columns: n } = a;
  const { tolerance = Math.max(m, n) * Number.EPSILON } = options;
  if (!(tolerance >= 0 && tolerance < 1)) throw badOption('tolerance', tolerance, 'a number from 0 up to 1');
  return withWorkspace(m * n + n, (space) => {
    const { heap, take } = space;
    const at = take(m * n);
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) heap[at + j * m + i] = scale(a.data[i * n + j]!);
    const { beta, tau, permutation } = triangularise(space, at, n, m, tolerance);
    const rank = beta.length;
    const r = matrix(rank, n);
    const reflectors = matrix(rank, m);
    for (let k = 0; k < rank; k++) {
      r.data[k * (n + 1)] = unscale(beta[k]!);
      for (let j = k + 1; j < n; j++) r.data[k * n + j] = unscale(heap[at + j * m + k]!);
      for (let i = k; i < m; i++) reflectors.data[k * m + i] = heap[at + k * m + i]!;
    }
    return { rank, r, permutation, reflectors, tau };
  });
}

/**
 * Householder QR of the matrix whose n columns of m elements are the rows at `at`: those become its reflectors, and above them
 * stays R without its diagonal, `beta`. With a tolerance columns are exchanged, and it ends where only negligible ones are left.
 */
export function triangularise(
  space: Workspace,
  at: number,
  n: number,
  m: number,
  tolerance?: number,
): { readonly beta: readonly number[]; readonly tau: Float64Array; readonly permutation: Int32Array } {
  const { heap, take, rowDots, rankOne } = space;
  const products = take(n);
  const permutation = Int32Array.from({ length: n }, (_, j) => j);
  const norm = (j: number, k: number): number => {
    let sum = 0;
    for (let i = at + j * m + k; i < at + (j + 1) * m; i++) sum += heap[i]! * heap[i]!;
    return Math.sqrt(sum);
  };
  const norms = Float64Array.from({ length: n }, (_, j) => norm(j, 0));
  const exact = norms.slice();
  const beta: number[] = [];
  const tau: number[] = [];
  for (let k = 0; k < Math.min(m, n); k++) {
    if (tolerance !== undefined) {
      let p = k;
      for (let j = k + 1; j < n; j++) if (norms[j]! > norms[p]!) p = j;
      if (norm(p, k) <= tolerance * Math.abs(beta[0] ?? 0)) break;
      if (p !== k) {
        for (let i = 0; i < m; i++) swap(heap, at + k * m + i, at + p * m + i);
        for (const list of [norms, exact, permutation]) swap(list, k, p);
      }
    }
    const v = at + k * m + k;
    const reflection = reflect(heap, v, m - k);
    beta.push(reflection.beta);
    tau.push(reflection.tau);
    const after = n - k - 1;
    rowDots(v + m, m, after, m - k, v, products);
    for (let j = 0; j < after; j++) heap[products + j]! *= -reflection.tau;
    rankOne(v + m, m, after, m - k, products, v);
    if (tolerance === undefined) continue;
    for (let j = k + 1; j < n; j++) {
      if (norms[j] === 0) continue;
      const gone = heap[at + j * m + k]! / norms[j]!;
      const left = Math.max(0, 1 - gone * gone);
      const since = norms[j]! / exact[j]!;
      if (left * since * since <= Math.sqrt(Number.EPSILON)) norms[j] = exact[j] = norm(j, k + 1);
      else norms[j]! *= Math.sqrt(left);
    }
  }
  return { beta, tau: Float64Array.from(tau), permutation };
}

function swap(list: Float64Array | Int32Array, i: number, j: number): void {
  const kept = list[i]!;
  list[i] = list[j]!;
  list[j] = kept;
}
