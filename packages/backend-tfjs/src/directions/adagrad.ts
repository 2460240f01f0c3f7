import { add, div, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { withDefaults } from '@overparam/core';
import { checkNonNegative } from './average.ts';
import type { DirectionRule } from './rule.ts';

export interface AdagradOptions {
  readonly epsilon?: number;
}

/** AdaGrad, diagonal (Duchi, Hazan and Singer 2011, Figure 1): v <- v + g^2, d = -g / (sqrt(v) + epsilon). */
export function adagrad(options: AdagradOptions = {}): DirectionRule {
  const { epsilon } = withDefaults<AdagradOptions>('adagrad', { epsilon: 1e-8 }, options);
  checkNonNegative('epsilon', epsilon);
  return {
    name: 'adagrad',
    options: { epsilon },
    remembers: ['v'],
    next({ gradient: g, memory }) {
      const v = memory ? add(memory[0]!, square(g)) : square(g);
      const scaled = (): Tensor => div(g, add(sqrt(v), epsilon));
      return { momentum: scaled(), preconditioned: scaled, memory: [v] };
    },
  };
}
