import { withDefaults } from '@overparam/core';
import { adam, type AdamOptions } from './adam.ts';
import { checkNonNegative } from './check.ts';
import type { DirectionRule } from './rule.ts';

export interface AdamWOptions extends AdamOptions {
  /** @default 0.01 */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay (arXiv 1711.05101, Algorithm 2): d = -(m^ / (sqrt(v^) + epsilon) + weightDecay w).
 * The decay is part of the preconditioned direction and of the one with momentum.
 */
export function adamw(given: AdamWOptions = {}): DirectionRule {
  const { weightDecay, ...options } = withDefaults(
    'adamw',
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    given,
  );
  checkNonNegative('weightDecay', weightDecay);
  const rule = adam(options);
  return {
    ...rule,
    name: 'adamw',
    options: { ...rule.options, weightDecay },
    next(input) {
      const w = input.weight.ref;
      const { momentum, memory } = rule.next(input);
      return { momentum: momentum.add(w.mul(weightDecay)), memory };
    },
    preconditioned(input) {
      const w = input.weight.ref;
      return rule.preconditioned(input).add(w.mul(weightDecay));
    },
  };
}
