import { badOption, required, withDefaults, type Matrix } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { entropic } from './entropic.ts';
import { positiveMeasure } from './equal-masses.ts';
import { distances } from './optimal-transport.ts';

export interface GaussianHellingerOptions {
  readonly domain: Domain;
  /**
   * The distance at which creating mass becomes cheaper than carrying it.
   * @default 1
   */
  readonly scale?: number;
  /**
   * The weight of the entropy that the iteration adds, in units of scale^2.
   * @default 1e-3
   */
  readonly epsilon?: number;
  /** @default 10000 */
  readonly maxIterations?: number;
}

/** A distance, and bounds that hold whatever the iteration did. */
export interface GaussianHellinger {
  /** The square root of the middle between the bounds' squares. */
  readonly distance: number;
  /** From a feasible dual point. */
  readonly lower: number;
  /** From a plan. */
  readonly upper: number;
  readonly iterations: number;
}

/**
 * The Gaussian-Hellinger distance of positive measures of any masses: GH^2 = min over plans g of
 * sum g_ij |x_i - y_j|^2 / scale^2 + KL(g 1 | a) + KL(g^T 1 | b): mass is carried where it is near, and destroyed and
 * made where it is far. Liero, Mielke and Savaré, Inventiones math. 211 (2018), section 7.8.
 *
 * Computed with a little entropy; the bounds are of the distance itself: a plan's own cost, and the dual
 * sum a_i (1 - e^{-u_i}) + sum b_j (1 - e^{-v_j}) at a point with u_i + v_j <= c_ij.
 *
 * @throws OverparamError `NEGATIVE_MASS`, `NO_PARTICLES`, `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function gaussianHellinger(mu: Measure, nu: Measure, options: GaussianHellingerOptions): GaussianHellinger {
  const { domain, scale, epsilon, maxIterations } = withDefaults<GaussianHellingerOptions>(
    'gaussianHellinger',
    { domain: required, scale: 1, epsilon: 1e-3, maxIterations: 10_000 },
    options,
  );
  for (const [name, value] of [['scale', scale] as const, ['epsilon', epsilon] as const])
    if (positive(name, value) === Infinity) throw badOption(name, value, 'a finite number > 0');
  count('maxIterations', maxIterations);
  const all = [mu, nu].map((measure) => positiveMeasure(measure, domain)) as [Measure, Measure];
  // GH(s mu, s nu) = sqrt(s) GH(mu, nu): the heaviest particle counts 1.
  const unit = Math.max(...all[0].weights, ...all[1].weights);
  const [from, to] = all.map(({ positions, weights }) =>
    withMass({ positions, weights: weights.map((weight) => weight / unit) }),
  ) as [Measure, Measure];
  const [a, b] = [from.weights, to.weights];
  // A measure that is nothing beside the other is destroyed or made.
  if (a.length === 0 || b.length === 0) {
    const distance = Math.sqrt([...a, ...b].reduce((sum, mass) => sum + mass, 0)) * Math.sqrt(unit);
    return { distance, lower: distance, upper: distance, iterations: 0 };
  }
  const { data, ...shape } = distances(from, to, domain);
  // What costs as much is never carried.
  const costs = { ...shape, data: data.map((distance) => Math.min((distance / scale) ** 2, 1e9)) };
  const solution = entropic(a, b, costs, { epsilon, tolerance: 1e-6, maxIterations, rho: 1 });
  const upper = planCost(a, b, costs, solution.f, solution.g, epsilon);
  const lower = dualValue(a, b, costs, solution.f);
  const root = (square: number): number => Math.sqrt(square) * Math.sqrt(unit);
  return {
    distance: root((lower + upper) / 2),
    lower: root(lower),
    upper: root(upper),
    iterations: solution.iterations,
  };
}

function withMass({ positions, weights }: Measure): Measure {
  const kept = weights.flatMap((weight, i) => (weight > 0 ? [i] : []));
  return { positions: kept.map((i) => positions[i]!), weights: kept.map((i) => weights[i]!) };
}

/** What the plan a_i b_j exp((f_i + g_j - c_ij) / eps) costs, without the entropy; no plan at all costs the masses. */
function planCost(
  a: readonly number[],
  b: readonly number[],
  { rows, columns, data }: Matrix,
  f: Float64Array,
  g: Float64Array,
  epsilon: number,
): number {
  // The exponential alone may overflow where a mass is small.
  const [logA, logB] = [a.map(Math.log), b.map(Math.log)];
  const sent = new Float64Array(rows);
  const taken = new Float64Array(columns);
  let carried = 0;
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      const mass = Math.exp(logA[i]! + logB[j]! + (f[i]! + g[j]! - data[at]!) / epsilon);
      carried += mass * data[at]!;
      sent[i]! += mass;
      taken[j]! += mass;
    }
  return carried + divergence(sent, a) + divergence(taken, b);
}

/** KL(s | t) = sum s log(s / t) - s + t */
const divergence = (s: Float64Array, t: readonly number[]): number =>
  t.reduce((sum, mass, i) => sum + (s[i]! > 0 ? s[i]! * Math.log(s[i]! / mass) : 0) - s[i]! + mass, 0);

/** The dual at v_j = min_i c_ij - u_i and u_i = min_j c_ij - v_j, which is feasible, begun at f. */
function dualValue(
  a: readonly number[],
  b: readonly number[],
  { rows, columns, data }: Matrix,
  f: Float64Array,
): number {
  const v = b.map((_, j) => {
    let least = Infinity;
    for (let i = 0; i < rows; i++) least = Math.min(least, data[i * columns + j]! - f[i]!);
    return least;
  });
  const u = a.map((_, i) => {
    let least = Infinity;
    for (let j = 0; j < columns; j++) least = Math.min(least, data[i * columns + j]! - v[j]!);
    return least;
  });
  const gain = (masses: readonly number[], potentials: readonly number[]): number =>
    masses.reduce((sum, mass, i) => sum - mass * Math.expm1(-potentials[i]!), 0);
  return Math.max(0, gain(a, u) + gain(b, v));
}
