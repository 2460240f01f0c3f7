import { numpy as np, type Array as JaxArray } from '@jax-js/jax';
import { withDefaults } from '@overparam/core';
import { checkNonNegative } from './check.ts';
import type { DirectionRule } from './rule.ts';

export interface AdagradOptions {
  /** @default 1e-8 */
  readonly epsilon?: number;
}

/** AdaGrad, diagonal (Duchi, Hazan and Singer 2011, Figure 1): v <- v + g^2, d = -g / (sqrt(v) + epsilon). */
export function adagrad(options: AdagradOptions = {}): DirectionRule {
  const { epsilon } = withDefaults('adagrad', { epsilon: 1e-8 }, options);
  checkNonNegative('epsilon', epsilon);
  const scaled = (g: JaxArray, v: JaxArray): JaxArray => np.divide(g, np.sqrt(v).add(epsilon));
  return {
    name: 'adagrad',
    options: { epsilon },
    remembers: ['v'],
    coefficients: () => [1],
    next({ gradient: g, memory }) {
      const v = memory[0]!.add(np.square(g.ref));
      return { momentum: scaled(g, v.ref), memory: [v] };
    },
    preconditioned: ({ gradient: g, memory }) => scaled(g, memory[0]!),
    fresh: ({ gradient: g, memory }) => scaled(g, memory[0]!),
  };
}
