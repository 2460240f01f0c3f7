import { add, div, maximum, mul, neg, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { fusedAdam, type AdamOptions } from './adam.ts';
import { average, checkNonNegative, checkRate, unbiased } from './average.ts';
import type { DirectionRule } from './rule.ts';

/**
 * AMSGrad (arXiv 1904.09237, Algorithm 2): Adam with the largest v so far, u <- max(u, v), instead of v.
 * m and u are bias-corrected as in Adam, u after the maximum; the paper corrects neither.
 */
export function amsgrad(options: AdamOptions = {}): DirectionRule {
  const { beta1, beta2, epsilon } = withDefaults<AdamOptions>(
    'amsgrad',
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    options,
  );
  checkRate('beta1', beta1);
  checkRate('beta2', beta2);
  checkNonNegative('epsilon', epsilon);
  return {
    name: 'amsgrad',
    options: { beta1, beta2, epsilon },
    remembers: ['m', 'v', 'u'],
    next({ gradient: g, memory, t }) {
      const scaled = (x: Tensor, u: Tensor): Tensor => div(x, add(sqrt(unbiased(u, beta2, t)), epsilon));
      const past = { m: memory?.[0], v: memory?.[1], greatest: memory?.[2] };
      const one = fusedAdam(past, g, { beta1, beta2, epsilon, step: t });
      const m = one?.[0] ?? average(memory?.[0], g, beta1);
      const v = one?.[1] ?? average(memory?.[1], square(g), beta2);
      const u = one?.[2] ?? (memory ? maximum(memory[2]!, v) : v);
      return {
        momentum: one ? neg(one[3]!) : scaled(unbiased(m, beta1, t), u),
        preconditioned: () => scaled(g, u),
        fresh: () => mul(scaled(g, u), 1 - beta1),
        memory: [m, v, u],
      };
    },
  };
}
