import { OverparamError } from '@overparam/core';
import { type Domain } from '../domain.ts';
import { checkMeasure, type Measure } from '../measure.ts';

/** Masses count as equal up to this relative difference, which sums of rounded weights have. */
const ROUNDING = 1e-9;

/** Two measures of one mass. */
export interface EqualMasses {
  /** Their particles of mass > 0, with weights that sum to 1. */
  readonly from: Measure;
  readonly to: Measure;
  /** The mass of each is the product of these two, which may be too large or too small for a number. */
  readonly mass: readonly [number, number];
}

/**
 * Throws unless both measures are positive, in the domain, and of one total mass.
 * @throws OverparamError `UNEQUAL_MASSES`, and as {@link checkMeasure}
 */
export function equalMasses(mu: Measure, nu: Measure, domain: Domain): EqualMasses {
  const [from, to] = [positiveMeasure(mu, domain), positiveMeasure(nu, domain)];
  const unit = Math.max(...from.weights, ...to.weights);
  const [total, other] = [from, to].map(({ weights }) => weights.reduce((sum, a) => sum + a / unit, 0)) as [
    number,
    number,
  ];
  if (!(Math.abs(total - other) <= ROUNDING * Math.max(total, other)))
    throw new OverparamError(
      'UNEQUAL_MASSES',
      `The masses are ${total * unit} and ${other * unit}: Wasserstein distances are between measures of one mass. Divide the weights by their sums, or use gaussianHellinger().`,
    );
  const shares = ({ positions, weights }: Measure, sum: number): Measure => ({
    positions,
    weights: weights.map((a) => a / unit / sum),
  });
  return { from: shares(from, total), to: shares(to, other), mass: [unit, total] };
}

/**
 * The particles of mass > 0.
 * @throws OverparamError as {@link checkMeasure}, `NO_PARTICLES` if there is no mass at all
 */
export function positiveMeasure(measure: Measure, domain: Domain): Measure {
  checkMeasure(measure, { domain, positive: true });
  const { positions, weights } = measure;
  const kept = weights.flatMap((a, i) => (a > 0 ? [i] : []));
  if (kept.length === 0)
    throw new OverparamError('NO_PARTICLES', 'All weights of the measure are 0: a distance needs mass to carry.');
  return { positions: kept.map((i) => positions[i]!), weights: kept.map((i) => weights[i]!) };
}
