import {
  badOption,
  type AcceleratedOracle,
  type Asking,
  type DirectionName,
  type DirectionalOracle,
  type Inquiry,
  type Linearization,
  type Method,
  withDefaults,
} from '@overparam/core';
import { failedStep, fraction, polyak, smoothed } from '@overparam/line-search';
import { isFinite, resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch } from './line-search-method.ts';
import { preconditioner, type Preconditioned, type Preconditioner } from './preconditioner.ts';
import { report, stayed, type StepReport } from './report.ts';
import { resetNamed, type ResetOption } from './reset.ts';
import { slsStart } from './sls-start.ts';
import { vanishing } from './stationary.ts';

export interface AdaSlsOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  readonly init_step_size?: number;
  readonly c?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** The longest initial step of `grow`, and the longest step of `constant`; none if null. */
  readonly eta_max?: number | null;
  /** The factor of a backtrack. */
  readonly beta_b?: number;
  readonly reset_option?: ResetOption;
  /** A search (`sls`), or Polyak's step alone (`sps`). */
  readonly step_size_method?: 'sls' | 'sps';
  /** Of `sps`: no more than eta_max, no more than gamma^(1/nb) times the step before, or as it is. */
  readonly adapt_flag?: 'constant' | 'smooth_iter' | null;
  /**
   * What the search runs along and takes for its decrease: the preconditioned gradient and <g, P g> (`pp_armijo`), or
   * the gradient and |g|^2 (`pp_lipschitz`); the update is preconditioned in both.
   */
  readonly pp_norm_method?: 'pp_armijo' | 'pp_lipschitz';
  /** The oracle's direction rule. */
  readonly base_opt?: Preconditioner['name'];
  /** beta2 of the direction rule. */
  readonly beta?: number;
  /** beta1 of the direction rule: the update, not the search, has momentum. */
  readonly momentum?: number;
  readonly guards?: GuardOptions;
}

export interface AdaSlsState {
  /** k */
  readonly k: number;
  /** The step before. */
  readonly eta: number;
}

const defaults: Required<AdaSlsOptions> = {
  n_batches_per_epoch: 500,
  init_step_size: 1,
  c: 0.1,
  gamma: 2,
  eta_max: null,
  beta_b: 0.9,
  reset_option: 'grow',
  step_size_method: 'sls',
  adapt_flag: null,
  pp_norm_method: 'pp_armijo',
  base_opt: 'adagrad',
  beta: 0.99,
  momentum: 0,
  guards: true,
};

/**
 * AdaSLS: adaptive gradient directions with a search that is free of momentum, and an update that has it where
 * `momentum` is not 0. Vaswani, Laradji et al. 2020, arXiv 2006.06835; defaults and decisions of the authors' code.
 *
 * Trials go along -P g, with f(w + eta d) <= f - eta c <g, P g>; the update goes along -P m. With the guard `finite` the
 * update is evaluated before it is taken: one evaluation more per step where its direction is not the one searched, and
 * if its value is not finite the step goes along the searched direction.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function adaSls(
  options: AdaSlsOptions = {},
): Method<AdaSlsState, StepReport, DirectionalOracle> & Preconditioned {
  const all = withDefaults('ada-sls', defaults, options);
  const along =
    all.momentum === 0 || all.base_opt === 'adagrad' || all.base_opt === 'rmsprop' ? 'preconditioned' : 'momentum';
  return adaSlsAs<DirectionalOracle>('ada-sls', all, {
    question: 'moveAlong',
    direction: along,
    move: (oracle, step) => oracle.moveAlong(along, step),
    look: (oracle, step) => oracle.probeAlong(along, step),
  });
}

/**
 * AdaSLS with the official code's heavy ball: y_{k+1} = w_k - eta P g;
 * w_{k+1} = y_{k+1} + momentum (y_{k+1} - y_k). The oracle's direction has to be -P g, without momentum of its own.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function adaSlsHeavyBall(
  options: AdaSlsOptions = {},
): Method<AdaSlsState, StepReport, DirectionalOracle & AcceleratedOracle> & Preconditioned {
  const all = withDefaults('ada-sls-heavy-ball', { ...defaults, momentum: 0.9 }, options);
  return adaSlsAs<DirectionalOracle & AcceleratedOracle>('ada-sls-heavy-ball', all, {
    question: 'moveNesterov',
    wants: 'probeNesterov',
    move: (oracle, step) => oracle.moveNesterov(step, -all.momentum),
    look: (oracle, step) => oracle.probeNesterov?.(step, -all.momentum),
  });
}

/** How the step that a search found is taken. */
interface Update<Needs extends DirectionalOracle> {
  readonly question: keyof Needs & string;
  readonly wants?: keyof Needs & string;
  /** The direction of `move`; absent where it goes along none. */
  readonly direction?: DirectionName;
  move(oracle: Asking<Needs>, step: number): Inquiry<void>;
  /** f where `move` leads; undefined if the oracle does not answer that. */
  look(oracle: Asking<Needs>, step: number): Inquiry<number> | undefined;
}

function adaSlsAs<Needs extends DirectionalOracle>(
  name: string,
  all: Required<AdaSlsOptions>,
  update: Update<Needs>,
): Method<AdaSlsState, StepReport, Needs> & Preconditioned {
  const { c, adapt_flag, step_size_method, pp_norm_method, base_opt, momentum, beta, init_step_size } = all;
  if (step_size_method !== 'sls' && step_size_method !== 'sps')
    throw badOption('step_size_method', step_size_method, "'sls' or 'sps'");
  if (adapt_flag !== null && adapt_flag !== 'constant' && adapt_flag !== 'smooth_iter')
    throw badOption('adapt_flag', adapt_flag, "'constant', 'smooth_iter' or null");
  if (pp_norm_method !== 'pp_armijo' && pp_norm_method !== 'pp_lipschitz')
    throw badOption('pp_norm_method', pp_norm_method, "'pp_armijo' or 'pp_lipschitz'");
  if (!['adagrad', 'rmsprop', 'adam', 'amsgrad'].includes(base_opt))
    throw badOption('base_opt', base_opt, "'adagrad', 'rmsprop', 'adam' or 'amsgrad'");
  const longest = all.eta_max ?? Infinity;
  fraction('beta_b', all.beta_b);
  const guards = resolveGuards(name, all.guards);
  const reset = resetNamed(all.reset_option, ['keep', 'grow', 'grow-capped', 'restart']);
  const start = slsStart({
    ...all,
    reset: reset === 'grow' ? 'grow-capped' : reset,
    eta_max: longest,
    eta_min: 0,
    c_p: 1,
    remembers: 'ponos',
  });
  const search = armijoSearch({ c, delta: all.beta_b, guards });
  const polyakStep = polyak({ c_p: c });
  const smooth = smoothed({ gamma: all.gamma, n_batches_per_epoch: all.n_batches_per_epoch });
  const trialDirection: DirectionName = pp_norm_method === 'pp_armijo' ? 'preconditioned' : 'gradient';

  const sps = ({ k, eta }: AdaSlsState, { value }: Linearization, pp: number): number => {
    const step = polyakStep(value, pp);
    if (adapt_flag === 'constant') return Math.min(longest, step);
    return adapt_flag === 'smooth_iter' && k > 0 ? smooth(step, eta) : step;
  };

  return {
    name,
    options: all,
    needs: [
      'linearize',
      'direction',
      'probeAlong',
      ...(guards.finite && update.question !== 'moveAlong' ? ['moveAlong' as const] : []),
      update.question,
    ],
    ...(update.wants && guards.finite && { wants: [update.wants] }),
    direction: preconditioner(base_opt, { beta1: update.question === 'moveAlong' ? momentum : 0, beta2: beta }),
    init: () => ({ k: 0, eta: init_step_size }),
    *step(state, asked) {
      const oracle = asked as unknown as Asking<DirectionalOracle>;
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      if (guards.previous_step && (vanishing(at) || at.value === 0)) return { state, report: stayed(at, 'stationary') };

      const { slope } = yield* oracle.direction(trialDirection);
      if (guards.finite && !Number.isFinite(slope)) return { state, report: stayed(at, 'not-finite') };
      if (guards.descent && !(slope < 0)) return { state, report: stayed(at, 'no-descent') };
      const k = state.k + 1;

      if (step_size_method === 'sps') {
        const step = sps(state, at, -slope);
        yield* update.move(asked, step);
        return { state: { k, eta: step }, report: report(at, { initialStep: step, step }) };
      }

      const initialStep = start.start({ eta: state.eta, last: null }, at);
      const line = { initial: initialStep, value: at.value, slope, reference: at.value };
      const found = yield* search((step) => oracle.probeAlong(trialDirection, step), line);
      const { backtracks } = found;
      const failed = !found.accepted;
      const step = failed ? failedStep : found.step;
      let { forwards } = found;
      let valueAfter: number | null = null;
      if (guards.finite) {
        const searched = failed ? yield* oracle.probeAlong(trialDirection, step) : found.trial;
        if (failed) forwards++;
        const sameDirection = update.direction === trialDirection;
        const looking = sameDirection ? undefined : update.look(asked, step);
        const there = looking && (yield* looking);
        if (looking) forwards++;
        // Where the update leads is not known, or is not finite: go where the search has looked.
        const alongSearched = there === undefined ? failed || sameDirection : !Number.isFinite(there);
        valueAfter = alongSearched ? searched : (there ?? null);
        if (valueAfter !== null && !Number.isFinite(valueAfter))
          return { state, report: stayed(at, 'search-failed-not-finite', { initialStep, backtracks, forwards }) };
        yield* alongSearched ? oracle.moveAlong(trialDirection, step) : update.move(asked, step);
      } else yield* update.move(asked, step);
      return {
        state: { k, eta: step },
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
