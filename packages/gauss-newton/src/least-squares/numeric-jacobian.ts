import { OverparamError } from '@overparam/core';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import type { Box } from './box.ts';

/** Finite differences of first or of second order. */
export type Differences = '2-point' | '3-point';

/** The balance of truncation and rounding: eps^1/2 of the size of x for first order, eps^1/3 of it for second. */
const relative = { '2-point': Math.sqrt(Number.EPSILON), '3-point': Math.cbrt(Number.EPSILON) } as const;

/**
 * The Jacobian of r at x by finite differences, inside the box. The size of x_j is |x_j|, at least `least_j`; 1 where both are
 * zero. Where a difference leaves the box, or r is not finite
 * there, it goes to the other side, with '3-point' by the formula (-3 r(x) + 4 r(x + h) - r(x + 2h)) / 2h.
 *
 * @throws OverparamError `NOT_FINITE` where r is finite on neither side of x
 */
export function numericJacobian(
  r: (x: Float64Array) => Float64Array,
  x: Float64Array,
  rx: Float64Array,
  differences: Differences,
  { lower, upper }: Box,
  least: Float64Array,
): Matrix {
  const J = matrix(rx.length, x.length);
  x.forEach((xj, j) => {
    const size = relative[differences] * (Math.max(Math.abs(xj), least[j]!) || 1);
    const [below, above] = [xj - lower[j]!, upper[j]! - xj];
    if (below + above === 0) return;
    /** r at xj + h, and the h that x can hold; undefined outside the box and where r is not finite. */
    const at = (h: number): { readonly h: number; readonly r: Float64Array } | undefined => {
      const moved = xj + h;
      if (moved < lower[j]! || moved > upper[j]!) return undefined;
      const values = r(x.map((value, i) => (i === j ? moved : value)));
      return values.every(Number.isFinite) ? { h: moved - xj, r: values } : undefined;
    };
    const set = (derivative: (i: number) => number): void =>
      rx.forEach((_, i) => (J.data[i * x.length + j] = derivative(i)));
    const away = xj < 0 ? -1 : 1;
    // Away from zero, unless there is more room on the other side.
    const sides = [away, -away]
      .map((sign) => sign * Math.min(size, sign > 0 ? above : below))
      .sort((a, b) => Math.abs(b) - Math.abs(a))
      .filter((h) => h !== 0);
    if (differences === '3-point') {
      const [forward, backward] = [at(size), at(-size)];
      if (forward && backward) return set((i) => (forward.r[i]! - backward.r[i]!) / (forward.h - backward.h));
      for (const side of sides) {
        const [half, full] = [at(side / 2), at(side)];
        if (!half || !full) continue;
        const [a, b] = [half.h, full.h];
        return set((i) => ((half.r[i]! - rx[i]!) * b ** 2 - (full.r[i]! - rx[i]!) * a ** 2) / (a * b * (b - a)));
      }
    } else
      for (const side of sides) {
        const there = at(side);
        if (there) return set((i) => (there.r[i]! - rx[i]!) / there.h);
      }
    throw new OverparamError(
      'NOT_FINITE',
      `The residuals are not finite on either side of parameter ${j} = ${xj}: give its bounds, or a 'jacobian'.`,
    );
  });
  return J;
}
