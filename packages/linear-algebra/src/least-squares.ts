import { checkMatrix, checkVector } from './check.ts';
import { type Workspace, withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix, mismatch } from './matrix.ts';
import { pivotedQr, type PivotedQr, type PivotedQrOptions, triangularise } from './pivoted-qr.ts';
import { toUnitScale } from './power-of-two.ts';

export interface LeastSquares<B extends Float64Array | Matrix> {
  /** The X of least |A X - B|, column by column; where that leaves a choice, the one of least norm. */
  readonly solution: B;
  readonly rank: number;
  /** |A x - b| of each column. */
  readonly residualNorms: Float64Array;
}

/**
 * Solves min |A x - b|, for any shape and rank of A; b is a vector of m or an m x c matrix.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, BAD_OPTION
 */
export function leastSquares<B extends Float64Array | Matrix>(
  a: Matrix,
  b: B,
  options?: PivotedQrOptions,
): LeastSquares<B> {
  return solveLeastSquares(pivotedQr(a, options), b);
}

/**
 * The same from factors that are there already. Where the rank is below n it goes on to the complete orthogonal decomposition
 * A P = Q [T^T 0] Z^T, from the QR factorisation of R^T: Golub and Van Loan, "Matrix Computations", section 5.4.7.
 */
export function solveLeastSquares<B extends Float64Array | Matrix>(qr: PivotedQr, b: B): LeastSquares<B>;
export function solveLeastSquares(qr: PivotedQr, b: Float64Array | Matrix): LeastSquares<Float64Array | Matrix> {
  const { rank, r, permutation, reflectors, tau } = qr;
  const m = reflectors.columns;
  const n = r.columns;
  const vector = b instanceof Float64Array;
  if (!vector && b.rows !== m) throw mismatch(`b has ${b.rows} rows: the factored matrix has ${m}.`);
  const { scale, unscale } = toUnitScale(vector ? checkVector('b', b, m) : checkMatrix('b', b));
  const c = vector ? 1 : b.columns;
  const data = vector ? b : b.data;
  // Scaled too, R keeps the quotients in range.
  const toR = toUnitScale(rank > 0 ? Math.abs(r.data[0]!) : 0);
  return withWorkspace(rank * m + c * m + rank * n + c * n + c + rank, (space) => {
    const { heap, take } = space;
    const v = take(rank * m);
    const y = take(c * m);
    const t = take(rank * n);
    const x = take(c * n);
    const products = take(c);
    heap.set(reflectors.data, v);
    for (let i = 0; i < m; i++) for (let q = 0; q < c; q++) heap[y + q * m + i] = scale(data[i * c + q]!);
    for (let k = 0; k < rank; k++) reflectRows(space, v + k * m, m, k, tau[k]!, y, c, products);
    const residualNorms = new Float64Array(c);
    for (let q = 0; q < c; q++) {
      let sum = 0;
      for (let i = y + q * m + rank; i < y + (q + 1) * m; i++) sum += heap[i]! * heap[i]!;
      residualNorms[q] = unscale(Math.sqrt(sum));
    }

    for (let i = 0; i < rank * n; i++) heap[t + i] = toR.scale(r.data[i]!);
    heap.fill(0, x, x + c * n);
    if (rank === n) {
      for (let q = 0; q < c; q++) {
        for (let i = n - 1; i >= 0; i--) {
          let s = heap[y + q * m + i]!;
          for (let j = i + 1; j < n; j++) s -= heap[t + i * n + j]! * heap[x + q * n + j]!;
          heap[x + q * n + i] = s / heap[t + i * (n + 1)]!;
        }
      }
    } else {
      const { beta, tau: rightTau } = triangularise(space, t, rank, n);
      for (let q = 0; q < c; q++) {
        for (let i = 0; i < rank; i++) {
          let s = heap[y + q * m + i]!;
          for (let j = 0; j < i; j++) s -= heap[t + i * n + j]! * heap[x + q * n + j]!;
          heap[x + q * n + i] = s / beta[i]!;
        }
      }
      for (let k = rank - 1; k >= 0; k--) reflectRows(space, t + k * n, n, k, rightTau[k]!, x, c, products);
    }
    const solution = matrix(n, c);
    for (let i = 0; i < n; i++) {
      for (let q = 0; q < c; q++) {
        solution.data[permutation[i]! * c + q] = unscale(toR.scale(heap[x + q * n + i]!));
      }
    }
    return { solution: vector ? solution.data : solution, rank, residualNorms };
  });
}

/** Each of the rows at `y`, of m elements, becomes H_k y. */
function reflectRows(
  { heap, rowDots, rankOne }: Workspace,
  v: number,
  m: number,
  k: number,
  tau: number,
  y: number,
  rows: number,
  products: number,
): void {
  rowDots(y + k, m, rows, m - k, v + k, products);
  for (let q = 0; q < rows; q++) heap[products + q]! *= -tau;
  rankOne(y + k, m, rows, m - k, products, v + k);
}
