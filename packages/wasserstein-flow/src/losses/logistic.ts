import { badOption, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { finiteVector } from './finite-vector.ts';
import { type Loss } from './loss.ts';

/** u log u, continued to u = 0. */
const entropy = (u: number): number => (u > 0 ? u * Math.log(u) : 0);

/**
 * R(y) = scale sum_n log(1 + exp(-b_n y_n)) for labels b_n of -1 or 1. With u_n = -b_n p_n / scale in [0, 1],
 * R*(p) = scale sum_n u_n log u_n + (1 - u_n) log(1 - u_n).
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function logistic(labels: ArrayLike<number>, options: { readonly scale?: number } = {}): Loss {
  const { scale } = withDefaults('logistic', { scale: 1 }, options);
  const b = finiteVector('labels', labels);
  positive('scale', scale);
  b.forEach((label, n) => {
    if (Math.abs(label) !== 1) throw badOption(`labels[${n}]`, label, '-1 or 1');
  });
  /** The probability of the other label. */
  const u = (margin: number): number => 1 / (1 + Math.exp(margin));
  return {
    name: 'the logistic loss',
    size: b.length,
    value: (y) =>
      scale *
      b.reduce((sum, label, n) => {
        const margin = label * y[n]!;
        return sum + Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
      }, 0),
    derivative: (y) => b.map((label, n) => -scale * label * u(label * y[n]!)),
    conjugate: (p) =>
      scale *
      b.reduce((sum, label, n) => {
        const q = (-label * p[n]!) / scale;
        return q < 0 || q > 1 ? Infinity : sum + entropy(q) + entropy(1 - q);
      }, 0),
    curvature: (y) => y.map((v) => scale * u(v) * u(-v)),
  };
}
