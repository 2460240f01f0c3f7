import { type Linearization, type Method } from '@overparam/core';
import { isFinite, type Guards } from './guards.ts';
import { report, stayed, type StepReport } from './report.ts';
import { vanishing } from './stationary.ts';

/** A method that takes the step of a rule as it is. */
export interface StepRule<State> {
  readonly name: string;
  /** What the method was made with, as plain data. */
  readonly options?: object;
  readonly init: () => State;
  readonly next: (state: State, at: Linearization) => readonly [step: number, state: State];
  readonly guards: Guards;
  /** f*: there, and below, there is nothing to do. */
  readonly least: number;
}

/**
 * linearize; move by the rule's step. With the guard `previous_step`, a batch that is at its minimum is passed over:
 * its step of 0 would be remembered, and every later step be 0 as well.
 */
export function stepRuleMethod<State>({
  name,
  options = {},
  init,
  next,
  guards,
  least,
}: StepRule<State>): Method<State, StepReport> {
  return {
    name,
    options,
    needs: ['linearize', 'move'],
    init,
    *step(state, oracle) {
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      if (guards.previous_step && (vanishing(at) || at.value <= least))
        return { state, report: stayed(at, 'stationary') };
      const [step, after] = next(state, at);
      if (guards.finite && !Number.isFinite(step)) return { state, report: stayed(at, 'not-finite') };
      yield* oracle.move(step);
      return { state: after, report: report(at, { initialStep: step, step }) };
    },
  };
}
