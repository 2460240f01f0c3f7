import { type Method, type TrialGradientOracle, type TrialLinearization, withDefaults } from '@overparam/core';
import { backtracking, failedStep, fraction, lipschitz } from '@overparam/line-search';
import { isFinite, resolveGuards, type GuardOptions } from './guards.ts';
import { report, stayed, type StepReport } from './report.ts';
import { resetNamed, type ResetOption } from './reset.ts';
import { slsStart, type SlsStartState } from './sls-start.ts';
import { vanishing } from './stationary.ts';

export interface SlsExtragradientOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  readonly init_step_size?: number;
  readonly c?: number;
  /** The factor of a backtrack. */
  readonly beta_b?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  readonly reset_option?: ResetOption;
  readonly guards?: GuardOptions;
}

/**
 * Stochastic extragradient with the Lipschitz line search: w' = w - eta g(w); w_{k+1} = w - eta g(w'), where eta is
 * accepted if |g(w') - g(w)| <= c |g(w)|. Each trial is a gradient. Vaswani et al. 2019, arXiv 1905.09997, section 5;
 * `SlsEg` of the authors' code. The oracle's direction has to be -g. With the guard `finite`, a step after a failed search,
 * or one that g(w') would lead to a value that is not finite, goes along -g(w), where f was evaluated.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function slsExtragradient(
  options: SlsExtragradientOptions = {},
): Method<SlsStartState, StepReport, TrialGradientOracle> {
  const name = 'sls-extragradient';
  const all = withDefaults<SlsExtragradientOptions>(
    name,
    {
      n_batches_per_epoch: 500,
      init_step_size: 1,
      c: 0.9,
      beta_b: 0.9,
      gamma: 2,
      reset_option: 'grow',
      guards: true,
    },
    options,
  );
  fraction('beta_b', all.beta_b);
  const guards = resolveGuards(name, all.guards);
  const reset = resetNamed(all.reset_option, ['keep', 'grow', 'restart']);
  const initial = slsStart({ ...all, reset, eta_max: Infinity, eta_min: 0, c_p: 1, remembers: 'ponos' });
  const search = backtracking<TrialLinearization>({ accept: lipschitz({ c: all.c }), delta: all.beta_b });
  return {
    name,
    options,
    needs: guards.finite
      ? ['linearize', 'move', 'probeGradient', 'moveExtragradient']
      : ['linearize', 'probeGradient', 'moveExtragradient'],
    wants: guards.finite ? ['probeExtragradient'] : [],
    init: initial.init,
    *step(state, oracle) {
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      if (guards.descent && !vanishing(at) && !(at.slope < 0)) return { state, report: stayed(at, 'no-descent') };
      if (vanishing(at)) return { state, report: stayed(at, 'stationary') };

      const initialStep = initial.start(state, at);
      const line = { initial: initialStep, value: at.value, slope: at.slope, reference: at.value };
      const found = yield* search(oracle.probeGradient, line);
      const failed = !found.accepted;
      const step = failed ? failedStep : found.step;
      const there = failed ? yield* oracle.probeGradient(step) : found.trial;
      const { backtracks, next } = found;
      let forwards = found.forwards + (failed ? 1 : 0);
      let valueAfter: number | null = null;
      if (guards.finite) {
        if (!Number.isFinite(there.squaredGradientNorm) || !Number.isFinite(there.value))
          return { state, report: stayed(at, 'search-failed-not-finite', { initialStep, backtracks, forwards }) };
        const beyond = !failed && oracle.probeExtragradient ? yield* oracle.probeExtragradient(step) : undefined;
        if (beyond !== undefined) forwards++;
        // After a failed search, and where g' leads out of f's domain, the step goes where f was evaluated.
        const plain = failed || (beyond !== undefined && !Number.isFinite(beyond));
        valueAfter = plain ? there.value : (beyond ?? null);
        yield* plain ? oracle.move(step) : oracle.moveExtragradient(step);
      } else yield* oracle.moveExtragradient(step);

      const trial = found.trial.value;
      return {
        state: initial.learn(state, { at, initial: initialStep, step, backtracks, trial, next, failed }),
        report: report(at, {
          initialStep,
          step,
          backtracks,
          forwards,
          valueAfter,
          failed,
          why: failed ? 'search-failed' : null,
        }),
      };
    },
  };
}
