import { withDefaults } from '@overparam/core';
import { checkedNumber, type Condition } from './line.ts';
import { fraction } from './range.ts';

export interface ArmijoOptions {
  /**
   * How much of the decrease that the slope predicts is enough, between 0 and 1: 0.1 in SLS (arXiv 1905.09997), 0.5 in
   * PoNoS (arXiv 2306.12747). @default 0.1
   */
  readonly c?: number;
}

/**
 * Sufficient decrease: f(w + step d) <= R + c step <g, d>, with R the line's reference. Armijo (1966) with R = f(w).
 *
 * Written as a difference, as in the papers' code: with R = Infinity, an infinite trial is refused. R is f(w) if monotone.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`; `BAD_OPTION` at a trial that is not a number
 */
export function armijo(options: ArmijoOptions = {}): Condition<number> {
  const { c } = withDefaults<ArmijoOptions>('armijo', { c: 0.1 }, options);
  fraction('c', c);
  return (step, value, { reference, slope }) =>
    checkedNumber('armijo', step, value) - (reference + step * c * slope) <= 0;
}
