import { badOption, withDefaults } from '@overparam/core';
import { checkedNumber, type Condition, type SlopeTrial } from './line.ts';
import { fraction } from './range.ts';

export interface WolfeOptions {
  /** Sufficient decrease, between 0 and c2. @default 1e-4 */
  readonly c1?: number;
  /** Curvature, between c1 and 1: 0.9 for quasi-Newton directions, 0.1 for conjugate gradients. @default 0.9 */
  readonly c2?: number;
  /**
   * Rounding error of phi, relative to |phi(0)|: smaller differences are ignored. 0 assumes exact values; 1e-15 or more
   * helps close to a minimum, where slopes are still exact and values are not. @default 0
   */
  readonly epsilon?: number;
}

/**
 * The strong Wolfe conditions: phi(step) <= R + c1 step phi'(0) + epsilon |phi(0)| and |phi'(step)| <= c2 |phi'(0)|.
 * Nocedal and Wright, Numerical Optimization (2006), (3.7).
 */
export function wolfe(options: WolfeOptions = {}): Condition<SlopeTrial> {
  const { c1, c2, epsilon } = withDefaults<WolfeOptions>('wolfe', { c1: 1e-4, c2: 0.9, epsilon: 0 }, options);
  fraction('c2', c2);
  if (!(c1 > 0 && c1 <= c2)) throw badOption('c1', c1, `a number > 0, and no more than c2 = ${c2}`);
  if (!(epsilon >= 0 && epsilon < 1)) throw badOption('epsilon', epsilon, 'a number from 0 to 1, without 1');
  return (step, trial, { reference, slope, value }) =>
    checkedNumber('wolfe', step, trial?.value, 'value') <= reference + c1 * step * slope + epsilon * Math.abs(value) &&
    Math.abs(checkedNumber('wolfe', step, trial.slope, 'slope')) <= -c2 * slope;
}
