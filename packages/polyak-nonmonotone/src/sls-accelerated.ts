import {
  badOption,
  type AcceleratedOracle,
  type Asking,
  type Inquiry,
  type Method,
  withDefaults,
} from '@overparam/core';
import { failedStep, fraction } from '@overparam/line-search';
import { isFinite, resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch } from './line-search-method.ts';
import { report, stayed, type StepReport } from './report.ts';
import { resetNamed, type ResetOption } from './reset.ts';
import { slsStart, type SlsStartState } from './sls-start.ts';
import { vanishing } from './stationary.ts';

export interface SlsAcceleratedOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  readonly init_step_size?: number;
  readonly c?: number;
  /** The factor of a backtrack. */
  readonly beta_b?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** Of Polyak's heavy ball. */
  readonly momentum?: number;
  readonly reset_option?: ResetOption;
  readonly acceleration_method?: 'polyak' | 'nesterov';
  readonly guards?: GuardOptions;
}

export interface SlsAcceleratedState extends SlsStartState {
  /** Nesterov's lambda_{k-1}, lambda_k and tau. */
  readonly lambda_old: number;
  readonly lambda_current: number;
  readonly tau: number;
}

/**
 * SLS with momentum: Armijo's search along d, and then the step with momentum from where it leads.
 * Vaswani et al. 2019, arXiv 1905.09997, section 6 and Appendix H; `SlsAcc` of the authors' code.
 *
 * polyak: w_{k+1} = w_k + eta d + momentum (w_k - w_{k-1})
 * nesterov: y_{k+1} = w_k + eta d;  w_{k+1} = (1 - tau) y_{k+1} + tau y_k, with tau = (1 - lambda_{k-1}) / lambda_k
 *
 * The code's lambda is (1 + sqrt(1 + 4 lambda^2)) / 2 of the lambda two steps before, and tau is 1 at first, so that the
 * first Nesterov step stays at w_0. On a stationary batch momentum continues. With the guard `finite` the
 * point with momentum is evaluated, if the oracle answers that, and if its value is not finite the step has no momentum.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function slsAccelerated(
  options: SlsAcceleratedOptions = {},
): Method<SlsAcceleratedState, StepReport, AcceleratedOracle> {
  const name = 'sls-accelerated';
  const all = withDefaults<SlsAcceleratedOptions>(
    name,
    {
      n_batches_per_epoch: 500,
      init_step_size: 1,
      c: 0.1,
      beta_b: 0.9,
      gamma: 2,
      momentum: 0.6,
      reset_option: 'keep',
      acceleration_method: 'polyak',
      guards: true,
    },
    options,
  );
  const { acceleration_method, momentum, c, beta_b } = all;
  if (acceleration_method !== 'polyak' && acceleration_method !== 'nesterov')
    throw badOption('acceleration_method', acceleration_method, "'polyak' or 'nesterov'");
  if (!(momentum >= 0 && momentum < 1)) throw badOption('momentum', momentum, 'a number from 0 to 1, without 1');
  fraction('beta_b', beta_b);
  const guards = resolveGuards(name, all.guards);
  const reset = resetNamed(all.reset_option, ['keep', 'grow', 'restart']);
  const initial = slsStart({ ...all, reset, eta_max: Infinity, eta_min: 0, c_p: 1, remembers: 'sls' });
  const search = armijoSearch({ c, delta: beta_b, guards });

  const polyak = acceleration_method === 'polyak';
  const extrapolation = ({ tau }: SlsAcceleratedState): number => (polyak ? momentum : tau);
  const move = (oracle: Asking<AcceleratedOracle>, step: number, by: number): Inquiry<void> =>
    polyak ? oracle.moveHeavyBall(step, by) : oracle.moveNesterov(step, by);
  /** Where the step leads with momentum, if the oracle can say so. */
  function* look(oracle: Asking<AcceleratedOracle>, step: number, by: number): Inquiry<number | undefined> {
    const probe = polyak ? oracle.probeHeavyBall : oracle.probeNesterov;
    return guards.finite && probe ? yield* probe(step, by) : undefined;
  }

  const lambdas = ({ lambda_old, lambda_current }: SlsAcceleratedState) => {
    const next = (1 + Math.sqrt(1 + 4 * lambda_old ** 2)) / 2;
    return { lambda_old: lambda_current, lambda_current: next, tau: (1 - lambda_current) / next };
  };

  return {
    name,
    options,
    needs: ['linearize', 'probe', polyak ? 'moveHeavyBall' : 'moveNesterov'],
    wants: guards.finite ? [polyak ? 'probeHeavyBall' : 'probeNesterov'] : [],
    init: () => ({ ...initial.init(), lambda_old: 0, lambda_current: 1, tau: 1 }),
    *step(state, oracle) {
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      if (guards.descent && !vanishing(at) && !(at.slope < 0)) return { state, report: stayed(at, 'no-descent') };

      const initialStep = initial.start(state, at);
      if (vanishing(at)) {
        const there = yield* look(oracle, 0, extrapolation(state));
        const goesOn = there === undefined || Number.isFinite(there);
        yield* move(oracle, 0, goesOn ? extrapolation(state) : 0);
        const outcome = { at, initial: initialStep, step: 0, backtracks: 0, trial: at.value, next: initialStep };
        return {
          state: { ...initial.learn(state, { ...outcome, failed: false }), ...lambdas(state) },
          report: stayed(at, 'stationary', {
            initialStep,
            forwards: there === undefined ? 0 : 1,
            valueAfter: there === undefined ? null : goesOn ? there : at.value,
          }),
        };
      }

      const line = { initial: initialStep, value: at.value, slope: at.slope, reference: at.value };
      const found = yield* search(oracle.probe, line);
      const { backtracks, trial, next } = found;
      const failed = !found.accepted;
      const step = failed ? failedStep : found.step;
      let { forwards } = found;
      let by = extrapolation(state);
      let valueAfter: number | null = null;
      if (guards.finite) {
        const without = failed ? yield* oracle.probe(step) : trial;
        if (failed) forwards++;
        if (!Number.isFinite(without))
          return { state, report: stayed(at, 'search-failed-not-finite', { initialStep, backtracks, forwards }) };
        const there = yield* look(oracle, step, by);
        if (there !== undefined) forwards++;
        // Where momentum leads is not finite, or is not known after a failed search: go where f was evaluated.
        const alone = there === undefined ? failed : !Number.isFinite(there);
        if (alone) by = 0;
        valueAfter = alone ? without : (there ?? null);
      }
      yield* move(oracle, step, by);

      const learnt = initial.learn(state, { at, initial: initialStep, step, backtracks, trial, next, failed });
      return {
        state: { ...learnt, ...lambdas(state) },
        report: report(at, {
          initialStep,
          step,
          backtracks,
          forwards,
          reference: at.value,
          valueAfter,
          failed,
          why: failed ? 'search-failed' : null,
        }),
      };
    },
  };
}
