import { OverparamError } from '@overparam/core';
import { type Domain } from '../domain.ts';
import { checkMeasure, type Measure } from '../measure.ts';

/** Masses count as equal up to this relative difference, which sums of rounded weights have. */
const ROUNDING = 1e-9;

/**
 * Throws unless both measures are positive, in the domain, and of one total mass; drops particles without mass, and
 * scales the second measure's weights so that the totals agree to rounding.
 * @throws OverparamError `UNEQUAL_MASSES`, and as {@link checkMeasure}
 */
export function equalMasses(mu: Measure, nu: Measure, domain: Domain): readonly [Measure, Measure] {
  const [total, other] = [positiveMass(mu, domain), positiveMass(nu, domain)];
  if (!(Math.abs(total - other) <= ROUNDING * Math.max(total, other)))
    throw new OverparamError(
      'UNEQUAL_MASSES',
      `The masses are ${total} and ${other}: Wasserstein distances are between measures of one mass. Divide the weights by their sums, or take gaussianHellinger().`,
    );
  const scaled = withMass(nu);
  return [withMass(mu), { ...scaled, weights: scaled.weights.map((b) => (b * total) / other) }];
}

/** @throws OverparamError as {@link checkMeasure}, `NO_PARTICLES` where there is no mass at all */
export function positiveMass(measure: Measure, domain: Domain): number {
  checkMeasure(measure, { domain, positive: true });
  const total = measure.weights.reduce((sum, a) => sum + a, 0);
  if (total > 0) return total;
  throw new OverparamError('NO_PARTICLES', 'All weights of the measure are 0: a distance needs mass to carry.');
}

/** Without the particles of no mass. */
export function withMass({ positions, weights }: Measure): Measure {
  const kept = weights.flatMap((a, i) => (a > 0 ? [i] : []));
  return { positions: kept.map((i) => positions[i]!), weights: kept.map((i) => weights[i]!) };
}
