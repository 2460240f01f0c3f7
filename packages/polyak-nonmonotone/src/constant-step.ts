import { type Method, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { isFinite, resolveGuards, type GuardOptions } from './guards.ts';
import { report, stayed, type StepReport } from './report.ts';

export interface ConstantStepOptions {
  /** The learning rate. */
  readonly step?: number;
  readonly guards?: GuardOptions;
}

/**
 * The same step along the oracle's direction on every batch: SGD, momentum, Adam, as the direction is.
 * A batch whose loss or gradient is not finite is skipped, unless the guard `finite` is off.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function constantStep(options: ConstantStepOptions = {}): Method<object, StepReport> {
  const { step, guards: given } = withDefaults('constant-step', { step: 1e-3, guards: true }, options);
  positive('step', step);
  const guards = resolveGuards('constant-step', given);
  return {
    name: 'constant-step',
    options,
    needs: ['linearize', 'move'],
    init: () => ({}),
    *step(state, oracle) {
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      yield* oracle.move(step);
      return { state, report: report(at, { initialStep: step, step }) };
    },
  };
}
