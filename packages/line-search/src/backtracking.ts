import { badOption, required, withDefaults } from '@overparam/core';
import { type Condition, type Search } from './line.ts';
import { count, fraction } from './range.ts';

export interface BacktrackingOptions<Trial> {
  /** Which step is good enough. */
  readonly accept: Condition<Trial>;
  /** The factor by which a refused step is shortened, between 0 and 1. @default 0.5 */
  readonly delta?: number;
  /** @default 100 */
  readonly maxTrials?: number;
}

/** The first step of initial, initial delta, initial delta^2, ... that the condition accepts. */
export function backtracking<Trial>(options: BacktrackingOptions<Trial>): Search<Trial> {
  const { accept, delta, maxTrials } = withDefaults<BacktrackingOptions<Trial>>(
    'backtracking',
    { accept: required, delta: 0.5, maxTrials: 100 },
    options,
  );
  if (typeof accept !== 'function') throw badOption('accept', accept, 'a condition, such as armijo()');
  fraction('delta', delta);
  count('maxTrials', maxTrials);
  return function* (probe, line) {
    for (let step = line.initial, forwards = 1; ; step *= delta, forwards++) {
      const trial = yield* probe(step);
      const ended = { step, trial, backtracks: forwards - 1, forwards };
      if (accept(step, trial, line)) return { ...ended, accepted: true, why: null, next: step };
      if (forwards === maxTrials) return { ...ended, accepted: false, why: 'max-trials', next: step * delta };
    }
  };
}
