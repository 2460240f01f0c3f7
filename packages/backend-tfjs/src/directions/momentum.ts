import { add, mul } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { checkRate } from './average.ts';
import type { DirectionRule } from './rule.ts';

export interface MomentumOptions {
  readonly beta?: number;
}

/** Momentum: m <- beta m + g, d = -m (Polyak 1964; Sutskever et al. 2013, eq. 1-2, with the step outside). */
export function momentum(options: MomentumOptions = {}): DirectionRule {
  const { beta } = withDefaults<MomentumOptions>('momentum', { beta: 0.9 }, options);
  checkRate('beta', beta);
  return {
    name: 'momentum',
    options: { beta },
    remembers: ['m'],
    next({ gradient: g, memory }) {
      const m = memory ? add(mul(memory[0]!, beta), g) : g;
      return { momentum: m, preconditioned: () => g, memory: [m] };
    },
  };
}
