import { implicitQl } from './implicit-ql.ts';
import { type Workspace } from './kernels/workspace.ts';
import { secularRoot } from './secular-equation.ts';

/** Blocks up to this size are left to the QL algorithm. */
const LEAF = 32;

/** Elements of workspace that `divideAndConquer` takes. */
export function divideAndConquerSpace(n: number): number {
  return 2 * n * n;
}

/**
 * Eigenvalues and eigenvectors of a symmetric tridiagonal matrix. `d` becomes the eigenvalues, `e` is used up, and the rows of
 * Z (n x n at `z`) become the eigenvectors, all in the order that is returned: eigenvalue number i is d[order[i]].
 *
 * J. J. M. Cuppen, "A divide and conquer method for the symmetric tridiagonal eigenproblem", Numer. Math. 36 (1981), with the
 * eigenvectors of M. Gu and S. C. Eisenstat, "A divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem",
 * SIAM J. Matrix Anal. Appl. 16 (1995), orthogonal without extended precision; deflation as in LAPACK's dlaed2.
 */
export function divideAndConquer(
  space: Workspace,
  d: Float64Array,
  e: Float64Array,
  z: number,
  n: number,
): readonly number[] {
  const { heap } = space;
  const spare = space.take(n * n);
  const differences = space.take(n * n);
  heap.fill(0, z, z + n * n);

  const solve = (from: number, size: number): readonly number[] => {
    if (size <= LEAF) {
      for (let i = from; i < from + size; i++) heap[z + i * (n + 1)] = 1;
      implicitQl(d, e, from, from + size, (i, c, s) => rotate(heap, z + i * n, z + (i + 1) * n, from, size, c, s));
      return Array.from({ length: size }, (_, i) => from + i).sort((i, j) => d[i]! - d[j]!);
    }
    const top = size >> 1;
    const cut = from + top;
    // T = (T_1, T_2) + |e| u u^T with u = (0, ..., 1, sign e, ..., 0).
    const coupling = e[cut - 1]!;
    d[cut - 1]! -= Math.abs(coupling);
    d[cut]! -= Math.abs(coupling);
    const order = [...solve(from, top), ...solve(cut, size - top)];
    return merge(space, { d, z, n, from, top, size, coupling, spare, differences }, order);
  };
  return solve(0, n);
}

interface Merge {
  readonly d: Float64Array;
  readonly z: number;
  readonly n: number;
  readonly from: number;
  /** Rows of the first half. */
  readonly top: number;
  readonly size: number;
  readonly coupling: number;
  readonly spare: number;
  readonly differences: number;
}

/** Where the elements of an eigenvector are not zero. */
const TOP = 0;
const BOTH = 1;
const BOTTOM = 2;

function merge(space: Workspace, about: Merge, order: number[]): readonly number[] {
  const { heap, gemm } = space;
  const { d, z, n, from, top, size, coupling, spare, differences } = about;
  const cut = from + top;
  order.sort((i, j) => d[i]! - d[j]! || i - j);

  // u in the eigenvectors' basis, of norm 1: then rho = 2 |coupling|.
  const u = new Float64Array(n);
  const sign = coupling < 0 ? -1 : 1;
  let largest = 0;
  for (const i of order) {
    const element = i < cut ? heap[z + i * n + cut - 1]! : sign * heap[z + i * n + cut]!;
    u[i] = element * Math.SQRT1_2;
    largest = Math.max(largest, Math.abs(d[i]!), Math.abs(u[i]!));
  }
  const rho = 2 * Math.abs(coupling);
  const place = Int8Array.from({ length: n }, (_, i) => (i < cut ? TOP : BOTTOM));
  const { kept, deflated } = deflate(heap, about, order, u, place, rho, 8 * Number.EPSILON * largest);
  const k = kept.length;
  if (k === 0) return order.sort((i, j) => d[i]! - d[j]! || i - j);
  const poles = Float64Array.from(kept, (i) => d[i]!);
  const squares = Float64Array.from(kept, (i) => rho * u[i]! * u[i]!);
  const roots = new Float64Array(k);
  for (let i = 0; i < k; i++) roots[i] = secularRoot(i, k, poles, squares, heap, differences + i * k);

  const exact = exactVector(heap, differences, poles);
  for (let j = 0; j < k; j++) if (u[kept[j]!]! < 0) exact[j]! *= -1;

  // The eigenvectors in the old basis, grouped by place so that the halves are multiplied without their zeros.
  const grouped = Array.from({ length: k }, (_, j) => j).sort((i, j) => place[kept[i]!]! - place[kept[j]!]! || i - j);
  const tops = grouped.filter((j) => place[kept[j]!] === TOP).length;
  const bottoms = grouped.filter((j) => place[kept[j]!] === BOTTOM).length;
  const vector = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const row = differences + i * k;
    let squared = 0;
    for (let j = 0; j < k; j++) {
      const element = exact[j]! / heap[row + j]!;
      vector[j] = element;
      squared += element * element;
    }
    const inverse = 1 / Math.sqrt(squared);
    for (let j = 0; j < k; j++) heap[row + j] = vector[grouped[j]!]! * inverse;
  }

  const after = [...kept.map((_, i) => from + i), ...deflated.map((_, i) => from + k + i)];
  const values = [...roots, ...deflated.map((i) => d[i]!)];
  const sources = [...grouped.map((j) => kept[j]!), ...deflated];
  sources.forEach((i, j) => heap.copyWithin(spare + j * size, z + i * n + from, z + i * n + from + size));
  const target = z + from * n + from;
  const [left, right] = [k - bottoms, k - tops];
  if (left > 0) gemm(differences, k, 1, spare, size, 1, target, n, k, top, left, 1, false);
  else zero(heap, target, n, k, top);
  const second = spare + tops * size + top;
  if (right > 0) gemm(differences + tops, k, 1, second, size, 1, target + top, n, k, size - top, right, 1, false);
  else zero(heap, target + top, n, k, size - top);
  for (let j = k; j < size; j++) heap.copyWithin(target + j * n, spare + j * size, spare + (j + 1) * size);
  d.set(values, from);
  return after.sort((i, j) => d[i]! - d[j]! || i - j);
}

/**
 * Takes out what the rank-one term leaves as it is: eigenvalues whose element of u does not matter, and one of two so close that a
 * rotation frees it of its element.
 */
function deflate(
  heap: Float64Array,
  { d, z, n, from, size }: Merge,
  order: readonly number[],
  u: Float64Array,
  place: Int8Array,
  rho: number,
  tolerance: number,
): { readonly kept: readonly number[]; readonly deflated: readonly number[] } {
  const kept: number[] = [];
  const deflated: number[] = [];
  let pending = -1;
  for (const i of order) {
    if (rho * Math.abs(u[i]!) <= tolerance) {
      deflated.push(i);
      continue;
    }
    if (pending >= 0) {
      const length = Math.sqrt(u[i]! * u[i]! + u[pending]! * u[pending]!);
      const c = u[i]! / length;
      const s = -u[pending]! / length;
      const difference = d[i]! - d[pending]!;
      if (Math.abs(difference * c * s) <= tolerance) {
        u[i] = length;
        rotate(heap, z + pending * n, z + i * n, from, size, c, -s);
        const [low, high] = [d[pending]!, d[i]!];
        d[pending] = low * c * c + high * s * s;
        d[i] = low * s * s + high * c * c;
        if (place[i] !== place[pending]) place[i] = BOTH;
        deflated.push(pending);
      } else kept.push(pending);
    }
    pending = i;
  }
  if (pending >= 0) kept.push(pending);
  return { kept, deflated };
}

/** The moduli of the u for which the roots of the secular equation are exact: Loewner's formula, Gu and Eisenstat (2.3). */
function exactVector(heap: Float64Array, differences: number, poles: Float64Array): Float64Array {
  const k = poles.length;
  const squares = new Float64Array(k).fill(1);
  for (let i = 0; i < k; i++) {
    const row = differences + i * k;
    const pole = poles[i]!;
    for (let j = 0; j < i; j++) squares[j]! *= heap[row + j]! / (poles[j]! - pole);
    squares[i]! *= heap[row + i]!;
    for (let j = i + 1; j < k; j++) squares[j]! *= heap[row + j]! / (poles[j]! - pole);
  }
  return squares.map((square) => Math.sqrt(Math.abs(square)));
}

/** Rows (x, y) <- (c x - s y, s x + c y) over `size` columns from `from` on. */
function rotate(heap: Float64Array, x: number, y: number, from: number, size: number, c: number, s: number): void {
  for (let p = from; p < from + size; p++) {
    const [xp, yp] = [heap[x + p]!, heap[y + p]!];
    heap[x + p] = c * xp - s * yp;
    heap[y + p] = s * xp + c * yp;
  }
}

function zero(heap: Float64Array, at: number, stride: number, rows: number, columns: number): void {
  for (let i = 0; i < rows; i++) heap.fill(0, at + i * stride, at + i * stride + columns);
}
