import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { adam, type AdamOptions } from './adam.ts';
import { checkNonNegative } from './average.ts';
import type { DirectionRule } from './rule.ts';

export interface AdamWOptions extends AdamOptions {
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay (arXiv 1711.05101, Algorithm 2): d = -(m^ / (sqrt(v^) + epsilon) + weightDecay w).
 * The decay is part of the preconditioned direction and of the one with momentum. The fresh part has none, so that it
 * descends.
 */
export function adamw(options: AdamWOptions = {}): DirectionRule {
  const { weightDecay, ...moments } = withDefaults<AdamWOptions>(
    'adamw',
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    options,
  );
  checkNonNegative('weightDecay', weightDecay);
  const rule = adam(moments);
  return {
    name: 'adamw',
    options: { ...rule.options, weightDecay },
    remembers: rule.remembers,
    next(input) {
      const { preconditioned, momentum, ...rest } = rule.next(input);
      const decayed = (x: Tensor): Tensor => add(x, mul(input.variable, weightDecay));
      return { ...rest, momentum: decayed(momentum), preconditioned: () => decayed(preconditioned()) };
    },
  };
}
