import { withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { finiteVector } from './finite-vector.ts';
import { type Loss } from './loss.ts';

export interface HuberOptions {
  /** Where the square ends and the line begins. */
  readonly delta?: number;
  readonly scale?: number;
}

/**
 * R(y) = scale sum_n h(y_n - target_n), with h(e) = e^2/2 up to |e| = delta and delta (|e| - delta/2) beyond;
 * R*(p) = |p|^2 / (2 scale) + <p, target> for |p_n| <= scale delta.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function huber(target: ArrayLike<number>, options: HuberOptions = {}): Loss {
  const { delta, scale } = withDefaults('huber', { delta: 1, scale: 1 }, options);
  const t = finiteVector('target', target);
  positive('delta', delta);
  positive('scale', scale);
  const clipped = (e: number): number => Math.max(-delta, Math.min(delta, e));
  return {
    name: 'the Huber loss',
    size: t.length,
    value: (y) =>
      scale *
      t.reduce((sum, target, n) => {
        const e = Math.abs(y[n]! - target);
        return sum + (e <= delta ? (e * e) / 2 : delta * (e - delta / 2));
      }, 0),
    derivative: (y) => t.map((target, n) => scale * clipped(y[n]! - target)),
    conjugate: (p) =>
      t.reduce(
        (sum, target, n) =>
          // A product may round up past its bound.
          Math.abs(p[n]!) > scale * delta * (1 + 1e-12) ? Infinity : sum + p[n]! * (p[n]! / (2 * scale) + target),
        0,
      ),
    curvature: (y) => t.map((target, n) => (Math.abs(y[n]! - target) <= delta ? scale : 0)),
  };
}
