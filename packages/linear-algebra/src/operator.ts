import { OverparamError } from '@overparam/core';
import { mismatch } from './matrix.ts';

/** x -> A x for a symmetric A that is never written down. It leaves x alone; what it returns may be a buffer of its own. */
export type Operator = (x: Float64Array) => Float64Array;

/** What `apply` makes of x, if it has the right length. */
export function applied(name: string, apply: Operator, x: Float64Array): Float64Array {
  const y = apply(x);
  if (!(y instanceof Float64Array) || y.length !== x.length) {
    throw mismatch(`${name} returned no Float64Array of ${x.length}, the length that it was given.`);
  }
  return y;
}

/** The same, if it is finite too. */
export function appliedFinite(name: string, apply: Operator, x: Float64Array): Float64Array {
  const y = applied(name, apply, x);
  const bad = y.findIndex((element) => !Number.isFinite(element));
  if (bad >= 0) {
    throw new OverparamError(
      'NOT_FINITE',
      `${name} returned ${y[bad]} at index ${bad}: it must return finite numbers.`,
    );
  }
  return y;
}

export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
