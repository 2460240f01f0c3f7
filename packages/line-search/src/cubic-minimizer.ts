import { type SlopeTrial } from './line.ts';

interface Point extends SlopeTrial {
  readonly step: number;
}

/**
 * The minimiser of the cubic with these values and slopes at a and b; NaN if it has none.
 * Nocedal and Wright, Numerical Optimization (2006), (3.59), scaled as in Moré and Thuente (1994) against overflow.
 */
export function cubicMinimizer(a: Point, b: Point): number {
  const theta = a.slope + b.slope - (3 * (b.value - a.value)) / (b.step - a.step);
  const scale = Math.max(Math.abs(theta), Math.abs(a.slope), Math.abs(b.slope));
  const root = scale * Math.sqrt((theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale));
  const gamma = b.step < a.step ? -root : root;
  return b.step - (b.step - a.step) * ((b.slope + gamma - theta) / (b.slope - a.slope + 2 * gamma));
}
