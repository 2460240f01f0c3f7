import { badOption } from '@overparam/core';
import { notNegative } from '../not-negative.ts';
import { type Rule } from '../rule.ts';
import { type Damping } from './damping.ts';

export interface RelativeDampingOptions {
  readonly alpha?: number;
  /** sigma_max(K), or trace(K) / N. */
  readonly to?: 'sigma_max' | 'trace';
}

/** eps = alpha sigma_max(K), or alpha trace(K) / N. */
export const relative: Rule<RelativeDampingOptions, Damping> = {
  defaults: { alpha: 1e-6, to: 'sigma_max' },
  make({ alpha, to }) {
    notNegative('damping.alpha', alpha);
    if (to !== 'sigma_max' && to !== 'trace') throw badOption('damping.to', to, "'sigma_max' or 'trace'");
    return {
      shift: (spectrum, samples) => ({
        eps: alpha * (to === 'trace' ? spectrum.trace() / samples : spectrum.sigmaMax()),
      }),
      fixed: null,
    };
  },
};
