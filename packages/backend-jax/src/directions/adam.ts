import { numpy as np, type Array as JaxArray } from '@jax-js/jax';
import { withDefaults } from '@overparam/core';
import { checkNonNegative, checkRate } from './check.ts';
import type { DirectionRule, RuleInput } from './rule.ts';

export interface AdamOptions {
  /** Decay of the mean of gradients. @default 0.9 */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. @default 0.999 */
  readonly beta2?: number;
  /** @default 1e-8 */
  readonly epsilon?: number;
}

const defaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Adam (arXiv 1412.6980, Algorithm 1): m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
 * d = -m^ / (sqrt(v^) + epsilon) with m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t).
 */
export const adam = (options: AdamOptions = {}): DirectionRule => moments('adam', options);

/**
 * AMSGrad (arXiv 1904.09237, Algorithm 2): Adam with u, the largest v so far, instead of v. m and u are corrected for
 * their bias as in Adam, u after the maximum; the paper corrects neither.
 */
export const amsgrad = (options: AdamOptions = {}): DirectionRule => moments('amsgrad', options);

function moments(name: 'adam' | 'amsgrad', given: AdamOptions): DirectionRule {
  const options = withDefaults(name, defaults, given);
  const { beta1, beta2, epsilon } = options;
  checkRate('beta1', beta1);
  checkRate('beta2', beta2);
  checkNonNegative('epsilon', epsilon);
  /** x / (sqrt(v / (1 - beta2^t)) + epsilon) */
  const scaled = (x: JaxArray, v: JaxArray, coefficients: JaxArray): JaxArray =>
    np.divide(x, np.sqrt(v.mul(coefficients.slice(1))).add(epsilon));
  const preconditioned = ({ gradient: g, memory, coefficients }: RuleInput): JaxArray =>
    scaled(g, memory[2] ?? memory[1]!, coefficients);
  return {
    name,
    options,
    remembers: name === 'adam' ? ['m', 'v'] : ['m', 'v', 'u'],
    coefficients: (t) => [1 / (1 - beta1 ** t), 1 / (1 - beta2 ** t)],
    next({ gradient: g, memory, coefficients }) {
      const m = memory[0]!.mul(beta1).add(g.ref.mul(1 - beta1));
      const v = memory[1]!.mul(beta2).add(np.square(g).mul(1 - beta2));
      const u = memory[2] && np.maximum(memory[2], v.ref);
      const unbiased = m.ref.mul(coefficients.ref.slice(0));
      return { momentum: scaled(unbiased, (u ?? v).ref, coefficients), memory: u ? [m, v, u] : [m, v] };
    },
    preconditioned,
    fresh: (input) => preconditioned(input).mul(1 - beta1),
  };
}
