import { withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { finiteVector } from './finite-vector.ts';
import { type Loss } from './loss.ts';

/**
 * R(y) = scale/2 |y - target|^2, R*(p) = |p|^2 / (2 scale) + <p, target>. Scale 1/N gives half the mean squared error.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function squared(target: ArrayLike<number>, options: { readonly scale?: number } = {}): Loss {
  const { scale } = withDefaults('squared', { scale: 1 }, options);
  const t = finiteVector('target', target);
  positive('scale', scale);
  const square = (y: Float64Array): number => {
    let sum = 0;
    for (let n = 0; n < t.length; n++) sum += (y[n]! - t[n]!) ** 2;
    return sum;
  };
  return {
    name: 'the squared loss',
    size: t.length,
    value: (y) => (scale / 2) * square(y),
    derivative(y, out = new Float64Array(t.length)) {
      for (let n = 0; n < out.length; n++) out[n] = scale * (y[n]! - t[n]!);
      return out;
    },
    conjugate(p) {
      let sum = 0;
      for (let n = 0; n < p.length; n++) sum += p[n]! * (p[n]! / (2 * scale) + t[n]!);
      return sum;
    },
    curvature: () => new Float64Array(t.length).fill(scale),
    fenchelYoung: (y, s) => ((1 - s) ** 2 * scale * square(y)) / 2,
  };
}
