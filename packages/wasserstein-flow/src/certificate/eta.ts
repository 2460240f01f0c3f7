import { OverparamError } from '@overparam/core';
import { measureOracle } from '../measure-oracle.ts';
import { particlesOf, rowsOf, type Measure } from '../measure.ts';
import { type MeasureProblem } from '../problem.ts';
import { convexForm } from './convex-form.ts';

/** eta and its derivatives at n points of d numbers. */
export interface Eta {
  readonly values: readonly number[];
  /** In the ambient space. */
  readonly gradients: readonly (readonly number[])[];
}

/**
 * eta(x) = -R'(mu)(x) / lambda at any points, in float64: mu is optimal if and only if |eta| <= 1 everywhere and
 * eta(x_i) = sign(a_i) at its particles. Where the regulariser is the squared norm, points are on the unit sphere.
 *
 * @throws OverparamError `NO_CERTIFICATE` and `SHAPE_MISMATCH`, and as {@link checkMeasure}
 */
export function eta(problem: MeasureProblem, measure: Measure, points: readonly (readonly number[])[]): Eta {
  const { form, measure: convex } = convexForm(problem, measure);
  const { dimension } = form.domain;
  const wrong = points.findIndex((x) => x.length !== dimension);
  if (wrong >= 0)
    throw new OverparamError('SHAPE_MISMATCH', `points[${wrong}] has ${points[wrong]!.length} numbers: the domain, ${form.domain.name}, has dimension ${dimension}.`); // prettier-ignore
  const { values, gradients } = measureOracle(problem).variation(particlesOf(convex, dimension), {
    points: rowsOf(points, dimension),
  });
  const scaled = (v: number): number => -v / form.lambda;
  return {
    values: Array.from(values, scaled),
    gradients: points.map((_, i) => Array.from(gradients.data.subarray(i * dimension, (i + 1) * dimension), scaled)),
  };
}
