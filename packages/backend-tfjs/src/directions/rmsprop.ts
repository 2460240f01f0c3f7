import { add, div, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { average, checkNonNegative, checkRate } from './average.ts';
import type { DirectionRule } from './rule.ts';

export interface RmspropOptions {
  /** The part of the last v that stays, 0 <= beta2 < 1. @default 0.99 */
  readonly beta2?: number;
  /** Added to sqrt(v). @default 1e-8 */
  readonly epsilon?: number;
}

/**
 * RMSProp (Tieleman and Hinton 2012, lecture 6.5): v <- beta2 v + (1 - beta2) g^2, d = -g / (sqrt(v) + epsilon).
 * v is not bias-corrected.
 */
export function rmsprop(options: RmspropOptions = {}): DirectionRule {
  const { beta2, epsilon } = withDefaults<RmspropOptions>('rmsprop', { beta2: 0.99, epsilon: 1e-8 }, options);
  checkRate('beta2', beta2);
  checkNonNegative('epsilon', epsilon);
  return {
    name: 'rmsprop',
    options: { beta2, epsilon },
    remembers: ['v'],
    next({ gradient: g, memory }) {
      const v = average(memory?.[0], square(g), beta2);
      const scaled = (): Tensor => div(g, add(sqrt(v), epsilon));
      return { momentum: scaled(), preconditioned: scaled, memory: [v] };
    },
  };
}
