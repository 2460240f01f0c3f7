import { OverparamError, type Particles } from '@overparam/core';
import { type Domain } from './domain.ts';

/** The signed measure sum_i weights[i] delta(positions[i]), as plain data that JSON keeps. */
export interface Measure {
  /** m points of d numbers. */
  readonly positions: readonly (readonly number[])[];
  /** m masses, of either sign. */
  readonly weights: readonly number[];
}

/** The same in the coordinates of the cone: weights[i] = r_i |r_i| / m. arXiv 1907.10300, section 2. */
export interface RadialMeasure {
  readonly positions: readonly (readonly number[])[];
  /** r_i = sign_i radius_i */
  readonly radii: readonly number[];
}

/** The codes of the errors that a measure can cause. */
export type MeasureErrorCode = 'NO_PARTICLES' | 'NOT_FINITE' | 'NEGATIVE_MASS' | 'OUTSIDE_DOMAIN' | 'SHAPE_MISMATCH';

const broken = (code: MeasureErrorCode, message: string): OverparamError<MeasureErrorCode> =>
  new OverparamError(code, message);

/** The measure with weights r |r| / m. */
export function fromRadii({ positions, radii }: RadialMeasure): Measure {
  return { positions, weights: radii.map((r) => (r * Math.abs(r)) / radii.length) };
}

/** The signed radii r_i = sign(a_i) sqrt(m |a_i|). */
export function toRadii({ positions, weights }: Measure): RadialMeasure {
  return { positions, radii: weights.map((a) => Math.sign(a) * Math.sqrt(weights.length) * Math.sqrt(Math.abs(a))) };
}

/** |mu|(Theta), where no two particles of opposite sign share a place. */
export const totalVariationOf = ({ weights }: Measure): number => weights.reduce((sum, a) => sum + Math.abs(a), 0);

/**
 * Throws unless the measure has particles, all finite and in the domain, and of positive mass where that is asked.
 * @throws OverparamError `NO_PARTICLES`, `SHAPE_MISMATCH`, `NOT_FINITE`, `OUTSIDE_DOMAIN`, `NEGATIVE_MASS`
 */
export function checkMeasure(
  { positions, weights }: Measure,
  { domain, positive = false, empty = false }: { domain: Domain; positive?: boolean; empty?: boolean },
): void {
  if (positions.length !== weights.length)
    throw broken('SHAPE_MISMATCH', `The measure has ${positions.length} positions and ${weights.length} weights.`);
  if (weights.length === 0 && !empty)
    throw broken('NO_PARTICLES', 'The measure has no particles: a flow moves at least one; solve() finds its own.');
  positions.forEach((x, i) => {
    if (x.length !== domain.dimension)
      throw broken('SHAPE_MISMATCH', `positions[${i}] has ${x.length} numbers: the domain, ${domain.name}, has dimension ${domain.dimension}.`); // prettier-ignore
    const bad = x.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) throw broken('NOT_FINITE', `positions[${i}][${bad}] is ${x[bad]}: positions are finite numbers.`);
    if (!domain.contains(x))
      throw broken('OUTSIDE_DOMAIN', `positions[${i}] is [${x.join(', ')}], outside of the domain, ${domain.name}: ${domain.remedy}.`); // prettier-ignore
  });
  weights.forEach((a, i) => {
    if (!Number.isFinite(a)) throw broken('NOT_FINITE', `weights[${i}] is ${a}: weights are finite numbers.`);
    if (positive && a < 0)
      throw broken('NEGATIVE_MASS', `weights[${i}] is ${a}: the measure is asked to be positive, so its weights are >= 0.`); // prettier-ignore
  });
}

/** The measure as typed arrays, for an oracle; {@link measureOf} is the inverse. */
export function particlesOf({ positions, weights }: Measure, dimension: number): Particles {
  return { positions: rowsOf(positions, dimension), weights: Float64Array.from(weights) };
}

/** An oracle's particles as a measure, which JSON keeps. */
export const measureOf = ({ positions, weights }: Particles): Measure => ({
  positions: pointsOf(positions),
  weights: Array.from(weights),
});

/** Points as the rows of a matrix. */
export function rowsOf(points: readonly (readonly number[])[], dimension: number): Particles['positions'] {
  const data = new Float64Array(points.length * dimension);
  for (let i = 0, at = 0; i < points.length; i++) {
    const x = points[i]!;
    for (let k = 0; k < dimension; k++) data[at++] = x[k]!;
  }
  return { rows: points.length, columns: dimension, data };
}

/** The rows of a matrix as points. */
export function pointsOf({ rows, columns, data }: Particles['positions']): number[][] {
  const points = new Array<number[]>(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    const x = new Array<number>(columns);
    for (let k = 0; k < columns; k++) x[k] = data[at++]!;
    points[i] = x;
  }
  return points;
}
