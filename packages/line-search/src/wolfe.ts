import { type Condition, type SlopeTrial } from './line.ts';
import { fraction } from './range.ts';
import { badOption } from '@overparam/core';

export interface WolfeOptions {
  /** Sufficient decrease, between 0 and c2. */
  readonly c1?: number;
  /** Curvature, between c1 and 1: 0.9 for quasi-Newton directions, 0.1 for conjugate gradients. */
  readonly c2?: number;
}

/**
 * The strong Wolfe conditions: phi(step) <= R + c1 step phi'(0) and |phi'(step)| <= c2 |phi'(0)|.
 * Nocedal and Wright, Numerical Optimization (2006), (3.7).
 */
export function wolfe({ c1 = 1e-4, c2 = 0.9 }: WolfeOptions = {}): Condition<SlopeTrial> {
  fraction('c2', c2);
  if (!(c1 > 0 && c1 < c2)) throw badOption('c1', c1, `a number between 0 and c2 = ${c2}`);
  return (step, trial, { reference, slope }) =>
    trial.value <= reference + c1 * step * slope && Math.abs(trial.slope) <= -c2 * slope;
}
