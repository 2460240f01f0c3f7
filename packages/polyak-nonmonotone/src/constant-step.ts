import { type Method, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { report, stayed, type StepReport } from './report.ts';

export interface ConstantStepOptions {
  /** The learning rate. */
  readonly step?: number;
  readonly guards?: GuardOptions;
}

/**
 * The same step along the oracle's direction on every batch: SGD, momentum, Adam, as the direction is. It follows that
 * optimizer on batches where the direction ascends, too.
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
      const at = yield* oracle.linearize({ descend: false, probes: false });
      // |g|^2 may be NaN, as it was not asked for.
      const finite = Number.isFinite(at.value) && Number.isFinite(at.slope) && at.squaredGradientNorm !== Infinity;
      if (guards.finite && !finite) return { state, report: stayed(at, 'not-finite') };
      yield* oracle.move(step);
      return { state, report: report(at, { initialStep: step, step }) };
    },
  };
}
