import { notNegative } from '../not-negative.ts';
import { type Rule } from '../rule.ts';
import { type Damping } from './damping.ts';

export interface AdaptiveDampingOptions {
  readonly alpha?: number;
  /** The least eps. */
  readonly floor?: number;
}

/**
 * eps = max(floor, alpha sigma_min(K)): with floor = 1e-7 and alpha = 1 that of the code of arXiv 2302.02904, where the
 * softest mode is halved. The loss then falls at a rate that does not depend on the conditioning of K.
 */
export const adaptive: Rule<AdaptiveDampingOptions, Damping> = {
  defaults: { alpha: 1, floor: 1e-7 },
  make({ alpha, floor }) {
    notNegative('damping.alpha', alpha);
    notNegative('damping.floor', floor);
    return { shift: (spectrum) => ({ eps: Math.max(floor, alpha * spectrum.sigmaMin()) }), fixed: null };
  },
};
