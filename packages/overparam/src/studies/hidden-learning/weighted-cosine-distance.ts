import type { Matrix } from '@overparam/linear-algebra';

/**
 * How far the hidden units' directions are from the reference's: d_i = min_j sqrt(2 (1 - cos(u_i, u*_j))), and of these
 * the mean with the weights |u_i|^2 / sum |u|^2 (arXiv 2302.02904). A zero row has cosine 0 with everything.
 * @param U M x d
 * @param reference M* x d
 */
export function weightedCosineDistance(U: Matrix, reference: Matrix): number {
  const d = U.columns;
  const squaredNorms = (a: Matrix): Float64Array =>
    Float64Array.from({ length: a.rows }, (_, i) => dot(a.data, i * d, a.data, i * d, d));
  const lengths = squaredNorms(U);
  const references = squaredNorms(reference);
  let total = 0;
  let weighted = 0;
  for (let i = 0; i < U.rows; i++) {
    let cosine = -1;
    for (let j = 0; j < reference.rows; j++) {
      const product = dot(U.data, i * d, reference.data, j * d, d);
      cosine = Math.max(cosine, product === 0 ? 0 : product / Math.sqrt(lengths[i]! * references[j]!));
    }
    total += lengths[i]!;
    weighted += lengths[i]! * Math.sqrt(Math.max(0, 2 * (1 - cosine)));
  }
  return total === 0 ? Math.SQRT2 : weighted / total;
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[i + k]! * b[j + k]!;
  return sum;
}
