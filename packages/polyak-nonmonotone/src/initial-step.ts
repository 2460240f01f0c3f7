import { type Linearization } from '@overparam/core';

/** What became of a step, for the rule that chose where it started. */
export interface Outcome {
  readonly at: Linearization;
  readonly initial: number;
  /** The step taken; 0 on a stationary batch. */
  readonly step: number;
  readonly backtracks: number;
  /** f at the last trial. */
  readonly trial: number;
  /** What the search would have tried next. */
  readonly next: number;
  readonly failed: boolean;
}

/** Where a search starts: a rule with memory, as plain data that is replaced and never changed. */
export interface InitialStep<State> {
  init(): State;
  start(state: State, at: Linearization): number;
  learn(state: State, outcome: Outcome): State;
}
