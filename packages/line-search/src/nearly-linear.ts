import { fraction } from './range.ts';
import { type Condition } from './line.ts';

/**
 * Whether f is linear along the step, to a part of the decrease that its slope promises:
 * |f(w + s d) - f - s <g, d>| <= -tolerance s <g, d>.
 */
export function nearlyLinear({ tolerance = 0.1 }: { readonly tolerance?: number } = {}): Condition<number> {
  fraction('tolerance', tolerance);
  return (step, trial, { value, slope }) => Math.abs(trial - value - step * slope) <= -tolerance * step * slope;
}
