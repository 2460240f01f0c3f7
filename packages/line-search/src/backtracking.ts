import { type Condition, type Search } from './line.ts';
import { count, fraction } from './range.ts';

export interface BacktrackingOptions<Trial> {
  readonly accept: Condition<Trial>;
  /** The factor by which a refused step is shortened, between 0 and 1. */
  readonly delta?: number;
  readonly maxTrials?: number;
}

/** The first step of initial, initial delta, initial delta^2, ... that the condition accepts. */
export function backtracking<Trial>({
  accept,
  delta = 0.5,
  maxTrials = 100,
}: BacktrackingOptions<Trial>): Search<Trial> {
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
