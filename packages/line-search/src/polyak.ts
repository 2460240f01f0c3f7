import { badOption, withDefaults } from '@overparam/core';
import { positive } from './range.ts';

export interface PolyakOptions {
  /** Scales the step: 1/2 is Polyak's own for gradient descent on a loss |.|^2 / 2; 0.1 in PoNoS, 0.2 in SPS. @default 0.1 */
  readonly c_p?: number;
  /** f*, the least value of f; 0 under interpolation. @default 0 */
  readonly f_star?: number;
  /** Keeps the quotient finite where the gradient vanishes. @default 1e-8 */
  readonly epsilon?: number;
}

/**
 * Polyak's step (f - f*) / (c_p |g|^2 + epsilon); a preconditioned norm takes the place of |g|^2 along such a direction.
 * Polyak (1969); stochastic in SPS (arXiv 2002.10542) and PoNoS (arXiv 2306.12747).
 */
export function polyak(options: PolyakOptions = {}): (value: number, squaredNorm: number) => number {
  const { c_p, f_star, epsilon } = withDefaults<PolyakOptions>(
    'polyak',
    { c_p: 0.1, f_star: 0, epsilon: 1e-8 },
    options,
  );
  positive('c_p', c_p);
  if (!Number.isFinite(f_star)) throw badOption('f_star', f_star, 'a finite number');
  if (!(epsilon >= 0)) throw badOption('epsilon', epsilon, 'a number >= 0');
  return (value, squaredNorm) => (value - f_star) / (c_p * squaredNorm + epsilon);
}
