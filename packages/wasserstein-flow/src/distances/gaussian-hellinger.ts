import { badOption, type Matrix } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { entropic } from './entropic.ts';
import { positiveMass, withMass } from './equal-masses.ts';
import { distanceCosts } from './optimal-transport.ts';

export interface GaussianHellingerOptions {
  readonly domain: Domain;
  /** The distance at which creating mass begins to be cheaper than carrying it; 1 when absent. */
  readonly scale?: number;
  /** Of the entropy that the iteration adds, in units of scale^2; 1e-3 when absent. */
  readonly epsilon?: number;
  /** 10,000 when absent. */
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
 * @throws OverparamError `NEGATIVE_MASS`, `NO_PARTICLES`, `BAD_OPTION`
 */
export function gaussianHellinger(
  mu: Measure,
  nu: Measure,
  { domain, scale = 1, epsilon = 1e-3, maxIterations = 10_000 }: GaussianHellingerOptions,
): GaussianHellinger {
  for (const [name, value] of [['scale', scale] as const, ['epsilon', epsilon] as const])
    if (positive(name, value) === Infinity) throw badOption(name, value, 'a finite number > 0');
  count('maxIterations', maxIterations);
  positiveMass(mu, domain);
  positiveMass(nu, domain);
  const [from, to] = [withMass(mu), withMass(nu)];
  const costs = distanceCosts(from, to, domain, 2);
  for (let k = 0; k < costs.data.length; k++) costs.data[k]! /= scale ** 2;
  const [a, b] = [from.weights, to.weights];
  const solution = entropic(a, b, costs, { epsilon, tolerance: 1e-6, maxIterations, rho: 1 });
  const upper = planCost(a, b, costs, solution.f, solution.g, epsilon);
  const lower = dualValue(a, b, costs, solution.f);
  return {
    distance: Math.sqrt((lower + upper) / 2),
    lower: Math.sqrt(lower),
    upper: Math.sqrt(upper),
    iterations: solution.iterations,
  };
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
  const sent = new Float64Array(rows);
  const taken = new Float64Array(columns);
  let carried = 0;
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      const mass = a[i]! * b[j]! * Math.exp((f[i]! + g[j]! - data[at]!) / epsilon);
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
