import { type Linearization } from '@overparam/core';

/** Why a step did not go as planned. */
export type Why =
  /** The gradient vanishes (|g| < 1e-8) or f is at its least value: there was nothing to do. */
  | 'stationary'
  /** f, its slope or its gradient was no finite number: the batch was skipped. */
  | 'not-finite'
  /** The oracle's direction does not descend: the batch was skipped. */
  | 'no-descent'
  /** No trial was accepted: the step is the tiny one that the papers' code takes then. */
  | 'search-failed'
  /** No trial was accepted, and not even the tiny step leads to a finite value: w stayed where it was. */
  | 'search-failed-not-finite';

/** What a step did. */
export interface StepReport {
  /** The first step tried. */
  readonly initialStep: number;
  /** The step taken; 0 if w did not move. */
  readonly step: number;
  /** How many trials of the search came after its first. */
  readonly backtracks: number;
  /** How often f was evaluated beside the linearization. */
  readonly forwards: number;
  /** R, what the trials were compared with; null where nothing was compared. */
  readonly reference: number | null;
  /** f(w) on the batch, before the step. */
  readonly value: number;
  /** f after the step on the same batch, where the method knows it. */
  readonly valueAfter: number | null;
  readonly failed: boolean;
  readonly why: Why | null;
  /** True when the direction rule's d was no descent direction, and another was taken in its place. */
  readonly fellBack: boolean;
}

const quiet = {
  initialStep: 0,
  step: 0,
  backtracks: 0,
  forwards: 0,
  reference: null,
  valueAfter: null,
  failed: false,
  why: null,
};

/** The report of a step: what is not given did not happen. */
export const report = ({ value, fellBack = false }: Linearization, what: Partial<StepReport>): StepReport => ({
  ...quiet,
  value,
  fellBack,
  ...what,
});

/** The report of a batch on which w stays. */
export const stayed = (at: Linearization, why: Why, what: Partial<StepReport> = {}): StepReport =>
  report(at, { valueAfter: at.value, ...what, why, failed: why !== 'stationary' });
