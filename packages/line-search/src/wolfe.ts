import { badOption } from '@overparam/core';
import { type Condition, type SlopeTrial } from './line.ts';
import { fraction } from './range.ts';

export interface WolfeOptions {
  /** Sufficient decrease, between 0 and c2. */
  readonly c1?: number;
  /** Curvature, between c1 and 1: 0.9 for quasi-Newton directions, 0.1 for conjugate gradients. */
  readonly c2?: number;
  /**
   * Rounding error of phi, relative to |phi(0)|: differences below it do not count. 0 takes phi at its word; 1e-15 and
   * more helps close to a minimum, where slopes are still exact and values are not.
   */
  readonly epsilon?: number;
}

/**
 * The strong Wolfe conditions: phi(step) <= R + c1 step phi'(0) + epsilon |phi(0)| and |phi'(step)| <= c2 |phi'(0)|.
 * Nocedal and Wright, Numerical Optimization (2006), (3.7).
 */
export function wolfe({ c1 = 1e-4, c2 = 0.9, epsilon = 0 }: WolfeOptions = {}): Condition<SlopeTrial> {
  fraction('c2', c2);
  if (!(c1 > 0 && c1 <= c2)) throw badOption('c1', c1, `a number > 0, and no more than c2 = ${c2}`);
  if (!(epsilon >= 0 && epsilon < 1)) throw badOption('epsilon', epsilon, 'a number from 0 to 1, without 1');
  return (step, trial, { reference, slope, value }) =>
    trial.value <= reference + c1 * step * slope + epsilon * Math.abs(value) && Math.abs(trial.slope) <= -c2 * slope;
}
