import { badOption, withDefaults } from '@overparam/core';
import { positive } from './range.ts';

export interface DecSpsState {
  /** k */
  readonly steps: number;
  /** c_{k-1} eta_{k-1} */
  readonly scaled: number;
}

export interface DecSpsOptions {
  /** c_0, the scale of c_k. @default 1 */
  readonly c0?: number;
  /** eta_{-1}: an upper bound on all steps. @default 1 */
  readonly gamma_b?: number;
  /** l*, a lower bound on the loss of every batch. @default 0 */
  readonly lower_bound?: number;
}

/** A rule of the step size with memory, as plain data: state and linearization in, step and next state out. */
export interface DecSps {
  init(): DecSpsState;
  next(
    state: DecSpsState,
    at: { readonly value: number; readonly squaredGradientNorm: number },
  ): readonly [step: number, state: DecSpsState];
}

/**
 * Decreasing steps that converge without interpolation:
 * eta_k = min((f - l*) / |g|^2, c_{k-1} eta_{k-1}) / c_k with c_k = c0 sqrt(k + 1) and c_{-1} eta_{-1} = c0 gamma_b.
 * Orvieto, Lacoste-Julien and Loizou 2022, arXiv 2205.04583, (DecSPS).
 */
export function decsps(options: DecSpsOptions = {}): DecSps {
  const { c0, gamma_b, lower_bound } = withDefaults<DecSpsOptions>(
    'decsps',
    { c0: 1, gamma_b: 1, lower_bound: 0 },
    options,
  );
  positive('c0', c0);
  positive('gamma_b', gamma_b);
  if (!Number.isFinite(lower_bound)) throw badOption('lower_bound', lower_bound, 'a finite number');
  return {
    init: () => ({ steps: 0, scaled: c0 * gamma_b }),
    next({ steps, scaled }, { value, squaredGradientNorm }) {
      const least = Math.min((value - lower_bound) / squaredGradientNorm, scaled);
      return [least / (c0 * Math.sqrt(steps + 1)), { steps: steps + 1, scaled: least }];
    },
  };
}
