import { fraction, positive } from '@overparam/line-search';
import { type Rule } from '../rule.ts';
import { bounds } from './bounds.ts';
import { type Trust } from './trust.ts';

export interface KfacOptions {
  readonly mu0?: number;
  /** The factor that mu falls by where rho > 3/4, and rises by where rho < 1/4. */
  readonly omega?: number;
  readonly min?: number;
  readonly max?: number;
}

/**
 * For mini-batches: every step that leads to a finite loss is taken, and mu moves slowly: mu omega where rho > 3/4,
 * mu / omega where rho < 1/4. J. Martens and R. Grosse, arXiv 1503.05671, section 6.5, where omega = 0.95^5; here the
 * 0.9^5 of kfac-jax, for `adaptEvery` = 5.
 */
export const kfac: Rule<KfacOptions, Trust> = {
  defaults: { mu0: 1e-3, omega: 0.9 ** 5, min: 1e-10, max: 1e10 },
  make({ mu0, omega, min, max }) {
    positive('damping.mu0', mu0);
    fraction('damping.omega', omega);
    return {
      first: { mu: mu0 },
      ...bounds(min, max),
      accept: () => true,
      next: (mu, nu, rho) => [rho > 0.75 ? mu * omega : rho >= 0.25 ? mu : mu / omega, nu],
    };
  },
};
