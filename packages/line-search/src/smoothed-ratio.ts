import { fraction } from './range.ts';

export interface SmoothedRatioState {
  /** The smoothed actual decrease. */
  readonly A: number;
  /** The smoothed promised decrease. */
  readonly P: number;
}

/** A trial on one batch. */
export interface TriedDecrease {
  /** s */
  readonly step: number;
  /** f(w) */
  readonly value: number;
  /** f(w + s d); anything that is not finite counts as an increase. */
  readonly trial: number;
  /** q = -<g, d>, the decrease that a step of 1 promises. */
  readonly promised: number;
  /** S > 0, such as <g, P g>: what decreases are measured in, so that batches of all sizes of gradient count alike. */
  readonly unit: number;
}

/**
 * The ratio of the actual to the promised decrease, smoothed over trials on different batches:
 * a = max(q - |(f - f+) / s - q|, -2 q),  A' = beta A + (1 - beta) a / S,  P' = beta P + (1 - beta) q / S,
 * r = max(A' / P', -1).
 *
 * It is a ratio of sums, and decreases are those of a step of 1, so no single long step outweighs the others. A decrease
 * of more than was promised counts as much less: f is not linear along such a step either.
 */
export function smoothedRatio({ beta = 0.9 }: { readonly beta?: number } = {}): {
  init(): SmoothedRatioState;
  next(state: SmoothedRatioState, tried: TriedDecrease): readonly [r: number, state: SmoothedRatioState];
} {
  fraction('beta', beta);
  return {
    init: () => ({ A: 0, P: 0 }),
    next(state, { step: s, value: f, trial, promised: q, unit: S }) {
      const a = Number.isFinite(trial) ? Math.max(q - Math.abs((f - trial) / s - q), -2 * q) : -2 * q;
      const A = beta * state.A + ((1 - beta) * a) / S;
      const P = beta * state.P + ((1 - beta) * q) / S;
      return [Math.max(A / P, -1), { A, P }];
    },
  };
}
