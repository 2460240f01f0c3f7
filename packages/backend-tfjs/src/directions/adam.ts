import { add, div, mul, neg, sqrt, square, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { average, checkNonNegative, checkRate, unbiased } from './average.ts';
import { fused } from '../recording/fused.ts';
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
export function adam(options: AdamOptions = {}): DirectionRule {
  const { beta1, beta2, epsilon } = withDefaults<AdamOptions>(
    'adam',
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    options,
  );
  checkRate('beta1', beta1);
  checkRate('beta2', beta2);
  checkNonNegative('epsilon', epsilon);
  return {
    name: 'adam',
    options: { beta1, beta2, epsilon },
    remembers: ['m', 'v'],
    next({ gradient: g, memory, t }) {
      const scaled = (x: Tensor, v: Tensor): Tensor => div(x, add(sqrt(unbiased(v, beta2, t)), epsilon));
      const one = fusedAdam({ m: memory?.[0], v: memory?.[1] }, g, { beta1, beta2, epsilon, step: t });
      const m = one?.[0] ?? average(memory?.[0], g, beta1);
      const v = one?.[1] ?? average(memory?.[1], square(g), beta2);
      return {
        momentum: one ? neg(one[2]!) : scaled(unbiased(m, beta1, t), v),
        preconditioned: () => scaled(g, v),
        fresh: () => mul(scaled(g, v), 1 - beta1),
        memory: [m, v],
      };
    },
  };
}

/** What is remembered and the direction, by one kernel; moments are 0 before the first step. */
export const fusedAdam = (
  past: Readonly<Record<string, Tensor | undefined>>,
  g: Tensor,
  attrs: { readonly beta1: number; readonly beta2: number; readonly epsilon: number; readonly step: number },
): readonly Tensor[] | undefined =>
  fused(
    'OverparamAdam',
    () => ({ g, ...Object.fromEntries(Object.entries(past).map(([name, moment]) => [name, moment ?? zerosLike(g)])) }),
    attrs,
  );
