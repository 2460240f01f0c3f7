import { badOption } from '@overparam/core';

/** rho(z) and its first two derivatives, at z = (r / scale)^2 >= 0. */
export type Rho = (z: number) => readonly [value: number, first: number, second: number];

export type RhoName = 'linear' | 'soft-l1' | 'huber' | 'cauchy' | 'arctan' | 'tukey';

/**
 * Robust losses by name, as functions of the squared residual: rho(0) = 0, rho'(0) = 1. The first five are those of
 * scipy.optimize.least_squares; Tukey's biweight is that of A. E. Beaton and J. W. Tukey, Technometrics 16 (1974), as
 * a function of z.
 */
export const rho: Readonly<Record<RhoName, Rho>> = {
  linear: (z) => [z, 1, 0],
  'soft-l1': (z) => {
    const t = Math.sqrt(1 + z);
    return [(2 * z) / (t + 1), 1 / t, -0.5 / t ** 3];
  },
  huber: (z) => {
    if (z <= 1) return [z, 1, 0];
    const t = Math.sqrt(z);
    return [2 * t - 1, 1 / t, -0.5 / (z * t)];
  },
  cauchy: (z) => [Math.log1p(z), 1 / (1 + z), -1 / (1 + z) ** 2],
  arctan: (z) => [Math.atan(z), 1 / (1 + z ** 2), (-2 * z) / (1 + z ** 2) ** 2],
  tukey: (z) => (z <= 1 ? [(1 - (1 - z) ** 3) / 3, (1 - z) ** 2, 2 * (z - 1)] : [1 / 3, 0, 0]),
};

/** The function of that name, or the function itself. */
export function namedRho(given: RhoName | Rho): Rho {
  if (typeof given === 'function') return given;
  if (!Object.hasOwn(rho, given)) throw badOption('rho', given, `a function, or one of ${Object.keys(rho).join(', ')}`);
  return rho[given];
}
