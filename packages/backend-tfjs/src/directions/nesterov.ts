import { add, mul } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { checkRate } from './average.ts';
import type { MomentumOptions } from './momentum.ts';
import type { DirectionRule } from './rule.ts';

/** Nesterov momentum: m <- beta m + g, d = -(g + beta m) (Sutskever et al. 2013, eq. 3-4, at the point of lookahead). */
export function nesterov(options: MomentumOptions = {}): DirectionRule {
  const { beta } = withDefaults<MomentumOptions>('nesterov', { beta: 0.9 }, options);
  checkRate('beta', beta);
  return {
    name: 'nesterov',
    options: { beta },
    remembers: ['m'],
    next({ gradient: g, memory }) {
      const m = memory ? add(mul(memory[0]!, beta), g) : g;
      return { momentum: add(g, mul(m, beta)), preconditioned: () => g, fresh: () => mul(g, 1 + beta), memory: [m] };
    },
  };
}
