import { OverparamError } from '@overparam/core';
import { leastSquares, type LeastSquaresOptions, type LeastSquaresResult } from './least-squares.ts';

/** y_i ~ model(x_i, b), for x of any kind: a number, or what else the model takes. */
export interface Curve<X> {
  readonly x: ArrayLike<X>;
  readonly y: ArrayLike<number>;
  readonly model: (x: X, b: Float64Array) => number;
  /** d model / d b, one number a parameter; finite differences when absent. */
  readonly gradient?: (x: X, b: Float64Array) => ArrayLike<number>;
  /** Where the search for b begins. */
  readonly start: ArrayLike<number>;
}

export interface CurveFit extends LeastSquaresResult {
  /** model(x_i, b) at the parameters found. Residuals are these less y. */
  readonly fitted: Float64Array;
}

/**
 * Fits a curve to data by {@link leastSquares}, of whose options it takes all.
 *
 * @throws OverparamError as leastSquares; `SHAPE_MISMATCH` where x and y differ in length, `NOT_FINITE` for y
 */
export function fitCurve<X = number>(
  { x, y, model, gradient, start }: Curve<X>,
  options: LeastSquaresOptions = {},
): CurveFit {
  if (x.length !== y.length)
    throw new OverparamError('SHAPE_MISMATCH', `x has ${x.length} elements, and y has ${y.length}.`);
  const missing = Array.from(y).findIndex((value) => !Number.isFinite(value));
  if (missing >= 0)
    throw new OverparamError('NOT_FINITE', `y[${missing}] is ${y[missing]}: leave the points out that have no value.`);
  const xs = Array.from(x);
  const fit = leastSquares((b) => Float64Array.from(xs, (xi, i) => model(xi, b) - y[i]!), start, {
    ...(gradient && { jacobian: (b) => xs.map((xi) => gradient(xi, b)) }),
    ...options,
  });
  return { ...fit, fitted: fit.residuals.map((r, i) => r + y[i]!) };
}
