import { positive } from './range.ts';

export interface SteeredOptions {
  /** The gain of the first trials. */
  readonly kappa?: number;
  /** Trials after which the gain is half of that. */
  readonly n0?: number;
}

/** The largest exponent of a growth. */
const FASTEST = 0.7;

/**
 * The factor by which a remembered step changes after trial n = 0, 1, ..., where the ratio of decreases lies `outside`
 * the band, with gain = kappa / (1 + n / n0): exp(min(2 gain outside, 0.7)) above it, exp(gain outside) below, 1 inside.
 *
 * Gains vanish as in stochastic approximation (Robbins and Monro 1951): early trials find the size of the step, later
 * ones hardly move it. Ratios are at most 1 and at least -1, so a factor lies between exp(-2 kappa) and 2.01.
 */
export function steered({ kappa = 1, n0 = 50 }: SteeredOptions = {}): (outside: number, n: number) => number {
  positive('kappa', kappa);
  positive('n0', n0);
  return (outside, n) => {
    const gain = kappa / (1 + n / n0);
    return Math.exp(outside > 0 ? Math.min(2 * gain * outside, FASTEST) : gain * outside);
  };
}
