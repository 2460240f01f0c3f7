import { withDefaults } from '@overparam/core';
import { checkRate } from './check.ts';
import type { DirectionRule } from './rule.ts';

export interface MomentumOptions {
  /** @default 0.9 */
  readonly beta?: number;
}

/** Momentum: m <- beta m + g, d = -m (Polyak 1964; Sutskever et al. 2013, eq. 1-2, with the step outside). */
export function momentum(options: MomentumOptions = {}): DirectionRule {
  const { beta } = withDefaults('momentum', { beta: 0.9 }, options);
  checkRate('beta', beta);
  return {
    name: 'momentum',
    options: { beta },
    remembers: ['m'],
    coefficients: () => [1],
    next({ gradient: g, memory }) {
      const m = memory[0]!.mul(beta).add(g);
      return { momentum: m.ref, memory: [m] };
    },
    preconditioned: ({ gradient: g }) => g,
    fresh: ({ gradient: g }) => g,
  };
}
