import { withDefaults } from '@overparam/core';
import { positive } from './range.ts';

/** The last step: its loss before and after on the same batch, and |g|^2 before. */
export interface LastDecrease {
  readonly value: number;
  readonly valueAfter: number;
  readonly squaredGradientNorm: number;
}

export interface DecreaseRatioOptions {
  /** Divides the step. @default 0.1 */
  readonly c_p?: number;
  /** The longest step. @default 10 */
  readonly max?: number;
}

/**
 * Reset option 4 of the PoNoS code (arXiv 2306.12747, "zhang_reset4"): min(1.01 s / (c_p |g|^2), max) with
 * s = max(f - f', 0) / max(|g|^2, 1e-8), all of the last step; null where s is 0.
 *
 * It divides by |g|^2 twice, so its steps are tiny: `quadraticInitial` is probably what was meant.
 */
export function decreaseRatio(options: DecreaseRatioOptions = {}): (last: LastDecrease) => number | null {
  const { c_p, max } = withDefaults<DecreaseRatioOptions>('decreaseRatio', { c_p: 0.1, max: 10 }, options);
  positive('c_p', c_p);
  positive('max', max);
  return ({ value, valueAfter, squaredGradientNorm }) => {
    const s = Math.max(value - valueAfter, 0) / Math.max(squaredGradientNorm, 1e-8);
    return s > 0 ? Math.min((1.01 * s) / (c_p * squaredGradientNorm), max) : null;
  };
}
