import { add, div, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { average, checkNonNegative, checkRate, unbiased } from './average.ts';
import type { DirectionRule } from './rule.ts';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * Adam (arXiv 1412.6980, Algorithm 1): m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
 * d = -m^ / (sqrt(v^) + epsilon) with m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t).
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): DirectionRule {
  checkRate('beta1', beta1);
  checkRate('beta2', beta2);
  checkNonNegative('epsilon', epsilon);
  return {
    name: 'adam',
    options: { beta1, beta2, epsilon },
    remembers: ['m', 'v'],
    next({ gradient: g, memory, t }) {
      const m = average(memory?.[0], g, beta1);
      const v = average(memory?.[1], square(g), beta2);
      const scaled = (x: Tensor): Tensor => div(x, add(sqrt(unbiased(v, beta2, t)), epsilon));
      return { momentum: scaled(unbiased(m, beta1, t)), preconditioned: () => scaled(g), memory: [m, v] };
    },
  };
}
