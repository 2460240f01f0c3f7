import { badOption, OverparamError, required, withDefaults } from '@overparam/core';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { equalMasses } from './equal-masses.ts';
import { distances, optimalTransport, power } from './optimal-transport.ts';
import { rootMeanPower, type Carried } from './root-mean-power.ts';
import { circlePlan } from './wasserstein-circle.ts';
import { linePlan } from './wasserstein-line.ts';

export interface WassersteinOptions {
  readonly domain: Domain;
  /**
   * p >= 1 of W_p.
   * @default 2
   */
  readonly p?: number;
}

/** A plan of more pairs takes minutes, and much memory. */
const PAIRS = 4e6;

/**
 * The Wasserstein distance W_p(mu, nu) of positive measures of one mass, exactly: by quantiles on a line, by the best cut
 * on a circle, and elsewhere by the cheapest plan, for up to about 2000 particles each.
 *
 * @returns in units of distance times mass^(1/p)
 * @throws OverparamError `UNEQUAL_MASSES`, `NEGATIVE_MASS`, `TOO_MANY_PARTICLES` (use {@link sinkhorn}), `BAD_OPTION`,
 *   `UNKNOWN_OPTION`
 */
export function wasserstein(mu: Measure, nu: Measure, options: WassersteinOptions): number {
  const { domain, p } = withDefaults<WassersteinOptions>('wasserstein', { domain: required, p: 2 }, options);
  if (!(p >= 1 && p < Infinity)) throw badOption('p', p, 'a finite number >= 1');
  const { from, to, mass } = equalMasses(mu, nu, domain);
  const [unit, total] = mass;
  return rootMeanPower(cheapest(from, to, domain, p), p) * total ** (1 / p) * unit ** (1 / p);
}

function cheapest(from: Measure, to: Measure, domain: Domain, p: number): Carried[] {
  if (domain.dimension === 1 && domain.period !== undefined) return circlePlan(from, to, p, domain.period);
  if (domain.dimension === 1) return linePlan(from, to);
  const pairs = from.weights.length * to.weights.length;
  if (pairs > PAIRS)
    throw new OverparamError(
      'TOO_MANY_PARTICLES',
      `${from.weights.length} and ${to.weights.length} particles make ${pairs} pairs: an exact plan takes at most ${PAIRS}. Use sinkhorn(), or merge() particles first.`,
    );
  const { data, columns, rows } = distances(from, to, domain);
  let largest = 0;
  for (let k = 0; k < data.length; k++) if (data[k]! > largest) largest = data[k]!;
  const costs = new Float64Array(data.length);
  for (let k = 0; k < data.length && largest > 0; k++) costs[k] = power(data[k]! / largest, p);
  const { plan } = optimalTransport(from.weights, to.weights, { rows, columns, data: costs });
  return plan.map(([i, j, mass]) => ({ mass, distance: data[i * columns + j]! }));
}
