import { matrix, type Matrix } from '@overparam/linear-algebra';

/** |J p + r|^2 = |R L p + c|^2 + a constant, with L = diag(lengths). */
export interface TriangularModel {
  /** P x P, upper triangular, for the columns of J divided by their largest elements. */
  readonly R: Matrix;
  /** The largest modulus in each column of J. */
  readonly largest: Float64Array;
  readonly c: Float64Array;
}

/** Rows that are reduced together, so that they stay in the cache. */
const BLOCK = 256;

/**
 * QR of J with Q^T r, for many more rows than columns: blocks of rows are reduced one after the other onto R, by Householder
 * reflections. G. H. Golub, "Numerical methods for solving linear least squares problems" (1965), section 3; by blocks as in
 * C. L. Lawson and R. J. Hanson, "Solving Least Squares Problems" (1974), chapter 27.
 */
export function triangularModel({ rows, columns: P, data }: Matrix, r: Float64Array): TriangularModel {
  const largest = new Float64Array(P);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < P; j++, at++) {
      const size = Math.abs(data[at]!);
      if (size > largest[j]!) largest[j] = size;
    }
  const R = matrix(P, P);
  const c = new Float64Array(P);
  // Columns of a block one after the other; the last one is that of r.
  const block = new Float64Array((P + 1) * BLOCK);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    for (let j = 0; j < P; j++) {
      const by = largest[j]! || 1;
      for (let i = 0; i < count; i++) block[j * BLOCK + i] = data[(from + i) * P + j]! / by;
    }
    block.set(r.subarray(from, from + count), P * BLOCK);
    reduceBlock(R, c, block, count);
  }
  return { R, largest, c };
}

/** Makes R and c those of the rows so far and the `count` rows of the block. */
function reduceBlock({ columns: P, data: R }: Matrix, c: Float64Array, block: Float64Array, count: number): void {
  for (let k = 0; k < P; k++) {
    const v = k * BLOCK;
    let squares = 0;
    for (let i = v; i < v + count; i++) squares += block[i]! * block[i]!;
    if (squares === 0) continue;
    const alpha = R[k * (P + 1)]!;
    const length = Math.sqrt(alpha * alpha + squares);
    const beta = alpha > 0 ? -length : length;
    const divisor = alpha - beta;
    const tau = -divisor / beta;
    for (let i = v; i < v + count; i++) block[i]! /= divisor;
    R[k * (P + 1)] = beta;
    for (let j = k + 1; j <= P; j++) {
      const w = j * BLOCK;
      const above = j < P ? R[k * P + j]! : c[k]!;
      let product = above;
      for (let i = 0; i < count; i++) product += block[v + i]! * block[w + i]!;
      product *= tau;
      if (j < P) R[k * P + j] = above - product;
      else c[k] = above - product;
      for (let i = 0; i < count; i++) block[w + i]! -= product * block[v + i]!;
    }
  }
}

/** The lengths of the columns of J. */
export const columnLengths = ({ R, largest }: TriangularModel): Float64Array =>
  largest.map((size, j) => {
    let sum = 0;
    for (let i = 0; i <= j; i++) sum += R.data[i * R.columns + j]! ** 2;
    return Math.sqrt(sum) * size;
  });
