import { type Condition } from './line.ts';
import { fraction } from './range.ts';

/**
 * Sufficient decrease: f(w + step d) <= R + c step <g, d>, with R the line's reference. Armijo (1966) with R = f(w).
 *
 * Written as a difference, as in the papers' code: with R = Infinity, an infinite trial is refused.
 *
 * @param options.c between 0 and 1: 0.1 in SLS (arXiv 1905.09997), 0.5 in PoNoS (arXiv 2306.12747)
 */
export function armijo({ c = 0.1 }: { readonly c?: number } = {}): Condition<number> {
  fraction('c', c);
  return (step, value, { reference, slope }) => value - (reference + step * c * slope) <= 0;
}
