import { matrix, type Matrix } from '@overparam/linear-algebra';

/** |J p + r|^2 = |R diag(sizes) p + c|^2 + a constant. */
export interface TriangularModel {
  /** P x P, upper triangular, for the columns of J divided by their sizes. */
  readonly R: Matrix;
  /** {@link safeUnit} of the largest modulus in each column. */
  readonly sizes: Float64Array;
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
  const sizes = new Float64Array(P);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < P; j++, at++) {
      const size = Math.abs(data[at]!);
      if (size > sizes[j]!) sizes[j] = size;
    }
  for (let j = 0; j < P; j++) sizes[j] = safeUnit(sizes[j]!);
  const R = matrix(P, P);
  const c = new Float64Array(P);
  // Columns of a block one after the other; the last one is that of r.
  const block = new Float64Array((P + 1) * BLOCK);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    for (let j = 0; j < P; j++) {
      const size = sizes[j]!;
      let at = from * P + j;
      if (size === 1) for (let i = j * BLOCK; i < j * BLOCK + count; i++, at += P) block[i] = data[at]!;
      else for (let i = j * BLOCK; i < j * BLOCK + count; i++, at += P) block[i] = data[at]! / size;
    }
    block.set(r.subarray(from, from + count), P * BLOCK);
    reduceBlock(R, c, block, count);
  }
  return { R, sizes, c };
}

/**
 * What to divide numbers up to `size` by, so that their squares neither overflow nor underflow: a power of two, so that
 * nothing is rounded; 1 for usual sizes.
 */
export function safeUnit(size: number): number {
  if (size === 0 || (size > 2 ** -300 && size < 2 ** 300)) return 1;
  let unit = 1;
  while (unit <= size / 2) unit *= 2;
  while (unit > size) unit /= 2;
  return unit;
}

/** Makes R and c those of the rows so far and the `count` rows of the block. */
function reduceBlock({ columns: P, data: R }: Matrix, c: Float64Array, block: Float64Array, count: number): void {
  for (let k = 0; k < P; k++) {
    const v = k * BLOCK;
    const squares = dot(block, v, v, count);
    if (squares === 0) continue;
    const alpha = R[k * (P + 1)]!;
    const length = Math.sqrt(alpha * alpha + squares);
    const beta = alpha > 0 ? -length : length;
    // The reflection I - v v^T / (|beta| |first|) with v = (first, column k of the block).
    const first = alpha - beta;
    R[k * (P + 1)] = beta;
    for (let j = k + 1; j <= P; j++) {
      const w = j * BLOCK;
      const above = j < P ? R[k * P + j]! : c[k]!;
      const by = (first * above + dot(block, v, w, count)) / (beta * first);
      if (j < P) R[k * P + j] = above + by * first;
      else c[k] = above + by * first;
      for (let i = 0; i < count; i++) block[w + i]! += by * block[v + i]!;
    }
  }
}

/** The inner product of two columns, in four sums that do not wait for one another. */
function dot(block: Float64Array, v: number, w: number, count: number): number {
  let [s, t, x, y] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < count; i += 4) {
    s += block[v + i]! * block[w + i]!;
    t += block[v + i + 1]! * block[w + i + 1]!;
    x += block[v + i + 2]! * block[w + i + 2]!;
    y += block[v + i + 3]! * block[w + i + 3]!;
  }
  for (; i < count; i++) s += block[v + i]! * block[w + i]!;
  return s + t + (x + y);
}

/** The lengths of the columns of J. */
export const columnLengths = ({ R, sizes }: TriangularModel): Float64Array =>
  sizes.map((size, j) => {
    let sum = 0;
    for (let i = 0; i <= j; i++) sum += R.data[i * R.columns + j]! ** 2;
    return Math.sqrt(sum) * size;
  });
