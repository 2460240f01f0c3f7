import { positive } from '@overparam/line-search';
import { bounds } from './bounds.ts';
import { type Rule } from '../rule.ts';
import { type Trust } from './trust.ts';

export interface NielsenOptions {
  /** The first mu is tau max_i (J^T H J)_ii. */
  readonly tau?: number;
  /** The first mu itself, if not null. */
  readonly mu0?: number | null;
  readonly min?: number;
  readonly max?: number;
}

/**
 * mu max(1/3, 1 - (2 rho - 1)^3) after a step with gain ratio rho > 0; mu nu with nu = 2, 4, 8, ... after a refusal.
 * H. B. Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05.
 */
export const nielsen: Rule<NielsenOptions, Trust> = {
  defaults: { tau: 1e-3, mu0: null, min: 1e-20, max: 1e20 },
  make({ tau, mu0, min, max }) {
    positive('damping.tau', tau);
    if (mu0 !== null) positive('damping.mu0', mu0);
    return {
      first: mu0 === null ? { tau } : { mu: mu0 },
      ...bounds(min, max),
      accept: (rho, decreased) => decreased && rho > 0,
      next: nielsenNext,
    };
  },
};

export const nielsenNext: Trust['next'] = (mu, nu, rho, accepted) =>
  accepted ? [mu * Math.max(1 / 3, 1 - (2 * rho - 1) ** 3), 2] : [mu * nu, 2 * nu];
