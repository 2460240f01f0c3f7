import { withDefaults, type Housekeeping, type JacobianOracle, type Matrix } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { transposedTimesRows } from './blocks.ts';
import { covarianceOf, noFreedom, type Covariance } from './least-squares/covariance.ts';
import { triangularModel } from './least-squares/triangular-model.ts';
import { checkShape } from './linearise.ts';
import { targetOf } from './target.ts';
import { dot } from './vector.ts';

export interface CovarianceOptions {
  /**
   * s^2: 1 for a loss that is a negative log-likelihood. Null estimates it from a loss that is squares, 2 f / (N C - P).
   * @default null
   */
  readonly variance?: number | null;
}

/**
 * The covariance of the parameters at the oracle's current point, s^2 (J^T H J)^-1: for half a sum of squares, or their
 * mean, s^2 (J^T J)^-1 with s^2 the variance of the residuals. By QR of S^T J, with its rank; null where the data do not
 * determine the parameters, leave nothing to estimate s^2 from, or where the loss is not squares and `variance` is null.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, `SHAPE_MISMATCH`
 */
export async function covariance(
  oracle: JacobianOracle & Housekeeping,
  options: CovarianceOptions = {},
): Promise<Covariance> {
  const { variance } = withDefaults<CovarianceOptions>('covariance', { variance: null }, options);
  if (variance !== null) positive('variance', variance);
  try {
    const { samples, outputs, parameters: P } = await oracle.dimensions();
    const rows = samples * outputs;
    const J = checkShape('Jacobian', await oracle.jacobian(), rows, P);
    const S = checkShape('loss Hessian factor', await oracle.lossHessianFactor(), rows, outputs);
    const estimate = async (): Promise<number | string> => {
      if (rows <= P) return noFreedom(rows, P);
      const f = await oracle.loss();
      const gradient = checkShape('loss gradient', await oracle.lossGradient(), samples, outputs);
      return isSquares(f, S, gradient) ? Math.sqrt((2 * f) / (rows - P)) : notSquares;
    };
    const deviation = variance === null ? await estimate() : Math.sqrt(variance);
    const scaledJ = transposedTimesRows(S, J);
    return covarianceOf(
      {
        model: triangularModel(scaledJ, new Float64Array(rows)),
        freedom: Array.from({ length: P }, () => 'free'),
        tolerance: Math.min(Math.max(rows, P) * Number.EPSILON, 1e-12),
      },
      deviation,
    );
  } finally {
    // It took a batch, and gives it back.
    await oracle.abandon?.();
  }
}

/** Squares are f = |u|^2 / 2 where S u = g; to the digits that a float32 backend has. */
function isSquares(f: number, S: Matrix, { data: g }: Matrix): boolean {
  const { u, rest } = targetOf(S, g);
  return rest === null && Math.abs(f - dot(u, u) / 2) <= 1e-4 * f;
}

const notSquares = 'The loss is not a sum or mean of squares: pass the `variance`, 1 for a negative log-likelihood.';
