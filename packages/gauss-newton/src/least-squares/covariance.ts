import { matrix, multiply, pivotedQr, solveTriangular, type Matrix } from '@overparam/linear-algebra';
import { columnNorms } from './column-norms.ts';

export interface Covariance {
  /** The numerical rank of J, in the parameters that no bound holds. */
  readonly rank: number;
  /**
   * s^2 (J^T J)^-1, P x P, with s^2 = 2 F / (N - P); zero in the rows and columns of parameters that a bound holds. Null
   * where the data do not determine the parameters: the rank is below their number, or there are no residuals to spare.
   */
  readonly covariance: Matrix | null;
  /** The square roots of its diagonal. */
  readonly standardErrors: Float64Array | null;
}

/**
 * The covariance of the estimate, from the QR factorisation of J with its columns brought to one length.
 *
 * @param variance s^2; NaN where it is not known
 */
export function covarianceOf(J: Matrix, held: Int8Array, variance: number): Covariance {
  const { rows, columns } = J;
  const free = Array.from(held.keys()).filter((j) => held[j] === 0);
  const k = free.length;
  const all = columnNorms(J);
  const norms = free.map((j) => all[j]!);
  const scaled = matrix(rows, k);
  for (let i = 0; i < rows; i++)
    free.forEach((j, a) => (scaled.data[i * k + a] = J.data[i * columns + j]! / (norms[a] || 1)));
  const { rank, r, permutation } = pivotedQr(scaled);
  if (rank < k || !Number.isFinite(variance)) return { rank, covariance: null, standardErrors: null };
  const identity = matrix(k, k);
  for (let a = 0; a < k; a++) identity.data[a * (k + 1)] = 1;
  const inverse = k === 0 ? identity : solveTriangular(r, identity, { upper: true });
  const product = multiply(inverse, inverse, { transposeB: true });
  const covariance = matrix(columns, columns);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++) {
      const [i, j] = [permutation[a]!, permutation[b]!];
      covariance.data[free[i]! * columns + free[j]!] =
        ((product.data[a * k + b]! * variance) / norms[i]!) * (1 / norms[j]!);
    }
  const standardErrors = Float64Array.from({ length: columns }, (_, j) =>
    Math.sqrt(covariance.data[j * (columns + 1)]!),
  );
  return { rank, covariance, standardErrors };
}
