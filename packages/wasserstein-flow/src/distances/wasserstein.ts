import { badOption, OverparamError } from '@overparam/core';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { equalMasses } from './equal-masses.ts';
import { distanceCosts, optimalTransport } from './optimal-transport.ts';
import { circleCost } from './wasserstein-circle.ts';
import { lineCost } from './wasserstein-line.ts';

export interface WassersteinOptions {
  readonly domain: Domain;
  /** p >= 1 of W_p; 2 when absent. */
  readonly p?: number;
}

/** A plan of more pairs than that takes minutes. */
const PAIRS = 4e6;

/**
 * The Wasserstein distance W_p(mu, nu) of positive measures of one mass, exactly: by quantiles on a line, by the best cut
 * on a circle, and elsewhere by the cheapest plan, for sets of up to about 2000 particles each.
 *
 * @throws OverparamError `UNEQUAL_MASSES`, `NEGATIVE_MASS`, `TOO_MANY_PARTICLES` (take {@link sinkhorn}), `BAD_OPTION`
 */
export function wasserstein(mu: Measure, nu: Measure, { domain, p = 2 }: WassersteinOptions): number {
  if (!(p >= 1 && p < Infinity)) throw badOption('p', p, 'a finite number >= 1');
  const [from, to] = equalMasses(mu, nu, domain);
  const cost = (): number => {
    if (domain.dimension === 1 && domain.period !== undefined) return circleCost(from, to, p, domain.period);
    if (domain.dimension === 1) return lineCost(from, to, p);
    const pairs = from.weights.length * to.weights.length;
    if (pairs > PAIRS)
      throw new OverparamError(
        'TOO_MANY_PARTICLES',
        `${from.weights.length} and ${to.weights.length} particles make ${pairs} pairs: an exact plan takes at most ${PAIRS}. Take sinkhorn(), or merge() particles first.`,
      );
    return optimalTransport(from.weights, to.weights, distanceCosts(from, to, domain, p)).cost;
  };
  return Math.max(0, cost()) ** (1 / p);
}
