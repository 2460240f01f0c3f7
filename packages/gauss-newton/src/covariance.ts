import { type Housekeeping, type JacobianOracle } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { transposedTimesRows } from './blocks.ts';
import { covarianceOf, type Covariance } from './least-squares/covariance.ts';
import { checkShape } from './linearise.ts';

export interface CovarianceOptions {
  /** s^2: 1 for a loss that is a negative log-likelihood; 2 f / (N C - P), its estimate from squares, when absent. */
  readonly variance?: number;
}

/**
 * The covariance of the parameters at the oracle's current point, s^2 (J^T H J)^-1: for half a sum of squares, or their
 * mean, s^2 (J^T J)^-1 with s^2 the variance of the residuals. By QR of S^T J, with its rank; null where the data do not
 * determine the parameters, or leave nothing to estimate s^2 from.
 *
 * @throws OverparamError `BAD_OPTION`, `SHAPE_MISMATCH`
 */
export async function covariance(
  oracle: JacobianOracle & Housekeeping,
  { variance }: CovarianceOptions = {},
): Promise<Covariance> {
  if (variance !== undefined) positive('variance', variance);
  try {
    const { samples, outputs, parameters: P } = await oracle.dimensions();
    const rows = samples * outputs;
    const J = checkShape('Jacobian', await oracle.jacobian(), rows, P);
    const S = checkShape('loss Hessian factor', await oracle.lossHessianFactor(), rows, outputs);
    const s2 = variance ?? (rows > P ? (2 * (await oracle.loss())) / (rows - P) : NaN);
    return covarianceOf(transposedTimesRows(S, J), new Int8Array(P), s2);
  } finally {
    // It took a batch, and gives it back.
    await oracle.abandon?.();
  }
}
