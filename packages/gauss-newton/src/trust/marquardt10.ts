import { badOption } from '@overparam/core';
import { fraction, positive } from '@overparam/line-search';
import { type Rule } from '../rule.ts';
import { bounds } from './bounds.ts';
import { type Trust } from './trust.ts';

export interface Marquardt10Options {
  readonly mu0?: number;
  /** The factor after a step. */
  readonly down?: number;
  /** The factor after a refusal. */
  readonly up?: number;
  readonly min?: number;
  readonly max?: number;
}

/** mu / 10 after a step, which is any that decreases f; 10 mu after a refusal. D. W. Marquardt (1963). */
export const marquardt10: Rule<Marquardt10Options, Trust> = {
  defaults: { mu0: 1e-3, down: 0.1, up: 10, min: 1e-10, max: 1e10 },
  make({ mu0, down, up, min, max }) {
    positive('damping.mu0', mu0);
    fraction('damping.down', down);
    if (!(up > 1 && Number.isFinite(up))) throw badOption('damping.up', up, 'a finite number > 1');
    return {
      first: { mu: mu0 },
      ...bounds(min, max),
      accept: (_, decreased) => decreased,
      next: (mu, nu, _, accepted) => [mu * (accepted ? down : up), nu],
    };
  },
};
