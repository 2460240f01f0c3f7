import { OverparamError, type Matrix, required, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { rowsOf } from '../measure.ts';
import { gaussian, seeded } from '../random.ts';
import { type Features } from './features.ts';

export interface CheckFeaturesOptions {
  /** Where to compare. */
  readonly points: readonly (readonly number[])[];
  /** Of the differences, relative to max(1, |x_k|). */
  readonly step?: number;
  /** Largest error, relative to the largest derivative (or 1). */
  readonly tolerance?: number;
}

/**
 * Compares the derivative of features with central finite differences of phi, and `pair` with the sums that it is the
 * adjoint of, at the points given and for a random r. Choose points where phi is smooth.
 *
 * @returns the largest relative error
 * @throws OverparamError `WRONG_DERIVATIVE`, which names the worst coordinate, both numbers and the point
 */
export function checkFeatures(features: Features, options: CheckFeaturesOptions): number {
  const { points, step, tolerance } = withDefaults<CheckFeaturesOptions>(
    'checkFeatures',
    { points: required, step: 6e-6, tolerance: 1e-6 },
    options,
  );
  positive('step', step);
  positive('tolerance', tolerance);
  const { dimension: d, size: N } = features;
  const random = seeded(1);
  const r = Float64Array.from({ length: N }, () => gaussian(random));
  const dot = (y: Float64Array): number => y.reduce((sum, v, n) => sum + v * r[n]!, 0);
  const one = Float64Array.of(1);
  let worst = 0;
  const compare = (what: string, given: number, expected: number, scale: number, x: readonly number[]): void => {
    const error = Math.abs(given - expected) / scale;
    if (!(error <= tolerance))
      throw new OverparamError('WRONG_DERIVATIVE', `The ${features.name} give ${given} for ${what} at [${x.join(', ')}], where it is ${expected}: correct the derivative, or choose points where phi is smooth.`); // prettier-ignore
    worst = Math.max(worst, error);
  };
  for (const x of points) {
    const here: Matrix = rowsOf([x], d);
    const at = features.at(here);
    const { values, gradients } = at.pair(r);
    const value = dot(at.integrate(one));
    compare('<r, phi>, from `pair`,', values[0]!, value, Math.max(1, Math.abs(value)), x);
    const scale = gradients.data.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    for (let k = 0; k < d; k++) {
      const h = step * Math.max(1, Math.abs(x[k]!));
      const [above, below] = [h, -h].map((by) =>
        dot(features.at(rowsOf([x.map((v, j) => (j === k ? v + by : v))], d)).integrate(one)),
      );
      const difference = (above! - below!) / (2 * h);
      compare(`the derivative of <r, phi> in coordinate ${k}`, gradients.data[k]!, difference, scale, x);
      const axis = { rows: 1, columns: d, data: Float64Array.from({ length: d }, (_, j) => (j === k ? 1 : 0)) };
      compare(`the same, from \`derive\`,`, dot(at.derive(axis)), difference, scale, x);
    }
  }
  return worst;
}
