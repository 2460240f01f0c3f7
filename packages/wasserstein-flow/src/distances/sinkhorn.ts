import { badOption, OverparamError, required, withDefaults } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { entropic, symmetricEntropic } from './entropic.ts';
import { equalMasses } from './equal-masses.ts';
import { distanceCosts } from './optimal-transport.ts';

export interface SinkhornOptions {
  readonly domain: Domain;
  /** The weight of the entropy, in units of distance^p. */
  readonly epsilon: number;
  /**
   * p of the costs distance^p.
   * @default 2
   */
  readonly p?: number;
  /**
   * Takes off what the entropy adds, so that S(mu, mu) = 0.
   * @default true
   */
  readonly debias?: boolean;
  /**
   * Stops when the masses of the plan are off by no more than this share.
   * @default 1e-6
   */
  readonly tolerance?: number;
  /** @default 10000 */
  readonly maxIterations?: number;
}

/**
 * The Sinkhorn divergence S = OT_eps(mu, nu) - OT_eps(mu, mu) / 2 - OT_eps(nu, nu) / 2 of positive measures of one mass,
 * with OT_eps = min <g, c> + eps KL(g | mu x nu / mass); without `debias` OT_eps(mu, nu) itself. S >= 0, is 0 only for
 * equal measures (p = 1, 2 on R^d), and goes to W_p^p with eps. Feydy et al., AISTATS 2019, arXiv 1810.08278.
 *
 * @returns in units of mass times distance^p
 * @throws OverparamError `NO_CONVERGENCE`, `UNEQUAL_MASSES`, `NEGATIVE_MASS`, `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function sinkhorn(mu: Measure, nu: Measure, options: SinkhornOptions): number {
  const { domain, epsilon, p, debias, tolerance, maxIterations } = withDefaults<SinkhornOptions>(
    'sinkhorn',
    { domain: required, epsilon: required, p: 2, debias: true, tolerance: 1e-6, maxIterations: 10_000 },
    options,
  );
  if (positive('epsilon', epsilon) === Infinity) throw badOption('epsilon', epsilon, 'a finite number > 0');
  if (!(p >= 1 && p < Infinity)) throw badOption('p', p, 'a finite number >= 1');
  positive('tolerance', tolerance);
  count('maxIterations', maxIterations);
  const { from, to, mass } = equalMasses(mu, nu, domain);
  const arrived = <R extends { readonly iterations: number; readonly error: number }>(result: R): R => {
    if (result.error <= tolerance) return result;
    throw new OverparamError(
      'NO_CONVERGENCE',
      `After ${result.iterations} iterations the plan's masses are still off by ${result.error}: use a larger epsilon than ${epsilon}, more maxIterations, or wasserstein(), which is exact.`,
    );
  };
  const dual = (masses: readonly number[], potentials: Float64Array): number =>
    masses.reduce((sum, share, i) => sum + share * potentials[i]!, 0);
  const iteration = { epsilon, tolerance, maxIterations };
  const cross = (): number => {
    const [a, b] = [from.weights, to.weights];
    const { f, g } = arrived(entropic(a, b, distanceCosts(from, to, domain, p), { ...iteration, rho: Infinity }));
    return dual(a, f) + dual(b, g);
  };
  const self = (measure: Measure): number => {
    const a = measure.weights;
    return 2 * dual(a, arrived(symmetricEntropic(a, distanceCosts(measure, measure, domain, p), iteration)).f);
  };
  return (debias ? cross() - (self(from) + self(to)) / 2 : cross()) * mass[1] * mass[0];
}
