import { withDefaults } from '@overparam/core';
import { checkedNumber, type Search } from './line.ts';
import { count, fraction } from './range.ts';

export interface GridOptions {
  /** The ratio of one step to the one before, between 0 and 1. @default 0.5 */
  readonly delta?: number;
  /** How many steps are tried. @default 31 */
  readonly trials?: number;
}

/**
 * The best of the steps initial, initial delta, ..., initial delta^(trials - 1): all are tried, and the longest of the
 * lowest is taken, accepted if it is not above the reference. The search of energy natural gradient descent,
 * arXiv 2302.13163, where delta = 1/2 and trials = 31. A trial that is not finite is never the best.
 */
export function grid(options: GridOptions = {}): Search<number> {
  const { delta, trials } = withDefaults<GridOptions>('grid', { delta: 0.5, trials: 31 }, options);
  fraction('delta', delta);
  count('trials', trials);
  return function* (probe, line) {
    let best = { step: line.initial, trial: Infinity };
    for (let k = 0, step = line.initial; k < trials; k++, step *= delta) {
      const trial = checkedNumber('grid', step, yield* probe(step));
      if (Number.isFinite(trial) && trial < best.trial) best = { step, trial };
    }
    const accepted = best.trial <= line.reference;
    const why = accepted ? null : ('max-trials' as const);
    return { ...best, accepted, why, next: best.step, backtracks: trials - 1, forwards: trials };
  };
}
