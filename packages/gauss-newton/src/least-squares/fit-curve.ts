import { OverparamError, badOption } from '@overparam/core';
import { leastSquares } from './least-squares.ts';
import { optionNames, type LeastSquaresOptions } from './options.ts';
import type { LeastSquaresResult } from './result.ts';

/** y_i ~ model(x_i, b), for x of any kind: a number, or what else the model takes. */
export interface Curve<X> {
  readonly x: ArrayLike<X>;
  readonly y: ArrayLike<number>;
  readonly model: (x: X, b: Float64Array) => number;
  /** d model / d b, one number per parameter; finite differences when absent. */
  readonly gradient?: (x: X, b: Float64Array) => ArrayLike<number>;
  /** Where the search for b begins. */
  readonly start: ArrayLike<number>;
}

export interface CurveFit extends LeastSquaresResult {
  /** model(x_i, b) at the parameters found. Residuals are these less y. */
  readonly fitted: Float64Array;
}

/**
 * Fits a curve to data by {@link leastSquares}, with the same options.
 *
 * @throws OverparamError as leastSquares; `SHAPE_MISMATCH` where x and y differ in length, `NOT_FINITE` for y,
 *   `UNKNOWN_OPTION` for an option in the first argument
 */
export function fitCurve<X = number>(curve: Curve<X>, options: LeastSquaresOptions = {}): CurveFit {
  checkCurve(curve);
  const { x, y, model, gradient, start } = curve;
  const xs = Array.from(x);
  const ys = new Float64Array(y);
  // leastSquares copies what residuals return, so that one array will do.
  const r = new Float64Array(xs.length);
  const residuals = (b: Float64Array): Float64Array => {
    for (let i = 0; i < r.length; i++) r[i] = model(xs[i]!, b) - ys[i]!;
    return r;
  };
  const fit = leastSquares(residuals, start, {
    ...(gradient && { jacobian: (b) => xs.map((xi) => gradient(xi, b)) }),
    ...options,
  });
  return { ...fit, fitted: fit.residuals.map((ri, i) => ri + ys[i]!) };
}

const parts = ['x', 'y', 'model', 'gradient', 'start'];

function checkCurve<X>(curve: Curve<X>): void {
  if (curve === null || typeof curve !== 'object')
    throw badOption('curve', curve, 'an object { x, y, model, start }, the first argument of fitCurve');
  const stray = Object.keys(curve).find((name) => !parts.includes(name));
  if (stray !== undefined)
    throw new OverparamError(
      'UNKNOWN_OPTION',
      optionNames.includes(stray)
        ? `'${stray}' is an option: pass it in the second argument, fitCurve({ x, y, model, start }, { ${stray} }).`
        : `The first argument of fitCurve has no '${stray}': it takes ${parts.join(', ')}. Options, ${optionNames.join(', ')}, go into the second argument, fitCurve({ x, y, model, start }, options).`,
    );
  const { x, y, model, gradient } = curve;
  for (const [name, values] of Object.entries({ x, y }))
    if (!(values?.length >= 0)) throw badOption(name, values, 'an array with one element per point');
  for (const [name, f] of Object.entries({ model, ...(gradient !== undefined && { gradient }) }))
    if (typeof f !== 'function') throw badOption(name, f, 'a function (x, b)');
  if (x.length !== y.length)
    throw new OverparamError('SHAPE_MISMATCH', `x has ${x.length} elements, and y has ${y.length}.`);
  const missing = Array.from(y).findIndex((value) => !Number.isFinite(value));
  if (missing >= 0)
    throw new OverparamError('NOT_FINITE', `y[${missing}] is ${y[missing]}: leave the points out that have no value.`);
}
