import { add, div, maximum, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import type { AdamOptions } from './adam.ts';
import { average, checkNonNegative, checkRate, unbiased } from './average.ts';
import type { DirectionRule } from './rule.ts';

/**
 * AMSGrad (arXiv 1904.09237, Algorithm 2): Adam with the largest v so far, u <- max(u, v), in the place of v.
 * m and u are bias-corrected as in Adam, u after the maximum; the paper corrects neither.
 */
export function amsgrad({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): DirectionRule {
  checkRate('beta1', beta1);
  checkRate('beta2', beta2);
  checkNonNegative('epsilon', epsilon);
  return {
    name: 'amsgrad',
    options: { beta1, beta2, epsilon },
    remembers: ['m', 'v', 'u'],
    next({ gradient: g, memory, t }) {
      const m = average(memory?.[0], g, beta1);
      const v = average(memory?.[1], square(g), beta2);
      const u = memory ? maximum(memory[2]!, v) : v;
      const scaled = (x: Tensor): Tensor => div(x, add(sqrt(unbiased(u, beta2, t)), epsilon));
      return { momentum: scaled(unbiased(m, beta1, t)), preconditioned: () => scaled(g), memory: [m, v, u] };
    },
  };
}
