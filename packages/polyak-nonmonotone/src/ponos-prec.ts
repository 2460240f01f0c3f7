import { badOption, type DirectionalOracle, type Method, withDefaults } from '@overparam/core';
import {
  failedStep,
  fraction,
  grown,
  monotone,
  polyak,
  positive,
  remember,
  smoothed,
  zhangHager,
  type ZhangHagerState,
} from '@overparam/line-search';
import { isFinite, resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch } from './line-search-method.ts';
import { preconditioner, type Preconditioned } from './preconditioner.ts';
import { report, stayed, type StepReport } from './report.ts';
import { stationary, vanishing } from './stationary.ts';

/** A number that stands for |g|^2 along a preconditioned direction. */
export type Norm = 'pp_armijo' | 'dir_der' | 'adam' | 'grad_norm';

/** Where a search starts: Polyak's step, the same with memory, the step before grown, or Polyak's smoothed, unsearched. */
const resets = { 200: 'polyak', 213: 'polyak-memory', 11: 'grow-capped', 2000: 'sps' } as const;
type ResetNumbers = typeof resets;

export interface PrecOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  readonly init_step_size?: number;
  readonly c?: number;
  /** Divides Polyak's step. */
  readonly c_step?: number;
  /** The factor of a backtrack. */
  readonly beta_b?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** The longest of Polyak's steps. The official code grows the step before up to 10 whatever eta_max is. */
  readonly eta_max?: number;
  readonly f_star?: number;
  /** Of Zhang and Hager's reference. */
  readonly xi?: number;
  readonly line_search_fn?: 'armijo' | 'zhang';
  readonly reset_option?: ResetNumbers[keyof ResetNumbers] | keyof ResetNumbers;
  /** What takes the place of |g|^2 in Polyak's step. */
  readonly pp_norm_method?: Norm;
  /** What takes the place of |g|^2 in the sufficient decrease. */
  readonly suff_decr?: Norm;
  /** beta2 of the oracle's Adam. */
  readonly beta?: number;
  /** beta1 of the oracle's Adam. */
  readonly momentum?: number;
  /** 0: d = -P g. Otherwise d = -P m. The released configuration sets none and does not run. */
  readonly momentum2?: number;
  readonly guards?: GuardOptions;
}

export interface PrecState extends ZhangHagerState {
  readonly lk: number;
  /** The step before; 0 where there was nothing to do, which restarts from init_step_size. */
  readonly eta: number;
}

const defaults: Required<PrecOptions> = {
  n_batches_per_epoch: 500,
  init_step_size: 1,
  c: 0.1,
  c_step: 0.1,
  beta_b: 0.9,
  gamma: 2,
  eta_max: 10,
  f_star: 0,
  xi: 1,
  line_search_fn: 'zhang',
  reset_option: 'polyak',
  pp_norm_method: 'pp_armijo',
  suff_decr: 'pp_armijo',
  beta: 0.999,
  momentum: 0.9,
  momentum2: 0,
  guards: true,
};

type PrecMethod = Method<PrecState, StepReport, DirectionalOracle> & Preconditioned;

/**
 * PoNoS along Adam's direction. "PoNoS_prec" of arXiv 2306.12747, as its code was evidently meant.
 *
 * eta_{k,0} = min((f - f*) / (c_step <g, P g> + 1e-8), eta_max); trials along d, with R - eta c <g, P g>, R Zhang and
 * Hager's. After a failed search w goes 1e-6 along -g. Along -P m (`momentum2` not 0) that decrease is more than d can
 * promise, and searches fail often; with the guard `descent`, a d that does not descend gives way to -P g.
 *
 * It is here to reproduce the paper, and does not train well: a batch's own decrease along Adam's direction says nothing
 * of a step's length within a factor of 30 (the README has the measurements). `ponosAdam` is the method that works.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export const ponosPrec = (options: PrecOptions = {}): PrecMethod => precAs('ponos-prec', options, defaults);

/** SLS along Adam's direction: the monotone search from the step before, grown. "SLS_prec" of arXiv 2306.12747. */
export const slsPrec = (options: PrecOptions = {}): PrecMethod =>
  precAs('sls-prec', options, { ...defaults, line_search_fn: 'armijo', reset_option: 'grow-capped' });

/** SPS along Adam's direction, without a search. "SPS_prec" of arXiv 2306.12747. */
export const spsPrec = (options: PrecOptions = {}): PrecMethod =>
  precAs('sps-prec', options, { ...defaults, line_search_fn: 'armijo', reset_option: 'sps', c_step: 0.2 });

function precAs(name: string, options: PrecOptions, otherwise: Required<PrecOptions>): PrecMethod {
  const all = withDefaults(name, otherwise, options);
  const { c, c_step, beta_b, eta_max, f_star, init_step_size, line_search_fn, pp_norm_method, suff_decr, xi } = all;
  const known = Object.entries(resets).map(([number, reset]) => `'${reset}' (${number})`);
  const reset = (resets as Readonly<Record<string, string>>)[all.reset_option] ?? all.reset_option;
  if (!Object.values<string>(resets).includes(reset as string))
    throw badOption('reset_option', all.reset_option, known.join(', '));
  if (line_search_fn !== 'armijo' && line_search_fn !== 'zhang')
    throw badOption('line_search_fn', line_search_fn, "'armijo' or 'zhang'");
  for (const [option, value] of Object.entries({ pp_norm_method, suff_decr }))
    if (!['pp_armijo', 'dir_der', 'adam', 'grad_norm'].includes(value))
      throw badOption(option, value, "'pp_armijo', 'dir_der', 'adam' or 'grad_norm'");
  fraction('beta_b', beta_b);
  positive('c_step', c_step);
  positive('eta_max', eta_max);
  positive('init_step_size', init_step_size);
  if (!Number.isFinite(f_star)) throw badOption('f_star', f_star, 'a finite number');
  const guards = resolveGuards(name, all.guards);
  const polyakStep = polyak({ c_p: c_step });
  const { gamma, n_batches_per_epoch } = all;
  const grow = grown({ gamma, n_batches_per_epoch });
  const smooth = smoothed({ gamma, n_batches_per_epoch });
  const zhang = zhangHager({ xi });
  const search = armijoSearch({ c, delta: beta_b, guards });
  const nothingToDo = line_search_fn === 'armijo' ? stationary(0) : vanishing;

  const initialStep = ({ lk, eta }: PrecState, value: number, pp: number): number => {
    const previous = eta || init_step_size;
    const gap = value - f_star;
    if (guards.previous_step && gap <= 0) return previous;
    const step = polyakStep(gap < 0 ? 1e-6 : gap, pp);
    switch (reset) {
      case 'polyak':
        return Math.min(step, eta_max);
      case 'polyak-memory':
        return Math.min(step * beta_b ** lk, eta_max);
      case 'sps':
        return smooth(step, previous);
      default:
        return Math.max(Math.min(grow(previous), 10), 1e-8);
    }
  };

  return {
    name,
    options,
    needs: ['linearize', 'direction', 'probeAlong', 'moveAlong'],
    direction: preconditioner('adam', { beta1: all.momentum, beta2: all.beta }),
    init: () => ({ ...zhang.init(), lk: 0, eta: init_step_size }),
    *step(state, oracle) {
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      const plain = yield* oracle.direction('preconditioned');
      const withMomentum = yield* oracle.direction('momentum');
      const fellBack: boolean = guards.descent && all.momentum2 !== 0 && !(withMomentum.slope < 0);
      const along = all.momentum2 === 0 || fellBack ? 'preconditioned' : 'momentum';
      const norms: Record<Norm, number> = {
        pp_armijo: -plain.slope,
        dir_der: -withMomentum.slope,
        adam: withMomentum.squaredNorm,
        grad_norm: at.squaredGradientNorm,
      };
      if (guards.finite && !Object.values(norms).every(Number.isFinite))
        return { state, report: stayed(at, 'not-finite') };
      const usable = (norm: Norm): Norm => (guards.descent && !(norms[norm] > 0) ? 'pp_armijo' : norm);
      const [R, reference] = line_search_fn === 'zhang' ? zhang.next(state, at) : monotone.next({}, at);
      const initial = initialStep(state, at.value, norms[usable(pp_norm_method)]);

      if (reset === 'sps') {
        yield* oracle.moveAlong(along, initial);
        return {
          state: { ...state, ...reference, eta: initial },
          report: report(at, { initialStep: initial, step: initial, fellBack: fellBack || at.fellBack === true }),
        };
      }
      if (nothingToDo(at))
        return {
          state: { ...state, ...reference, eta: 0 },
          report: stayed(at, 'stationary', { initialStep: initial, reference: R }),
        };

      const line = {
        initial,
        value: at.value,
        slope: -norms[fellBack ? 'pp_armijo' : usable(suff_decr)],
        reference: R,
      };
      const found = yield* search((step) => oracle.probeAlong(along, step), line);
      const { backtracks } = found;
      const failed = !found.accepted;
      let { step, forwards, trial: valueAfter } = found;
      if (failed) {
        // The official code leaves Adam's direction here and goes along the plain gradient.
        step = failedStep;
        if (guards.finite) {
          valueAfter = yield* oracle.probeAlong('gradient', step);
          forwards++;
          if (!Number.isFinite(valueAfter))
            return {
              state,
              report: stayed(at, 'search-failed-not-finite', {
                initialStep: initial,
                backtracks,
                forwards,
                reference: R,
              }),
            };
        }
      }
      // Where the direction is to blame, a shorter start does not help.
      const forgives = failed && guards.memory && reset === 'polyak-memory';
      const lk = forgives ? state.lk : remember(state.lk, backtracks);
      yield* oracle.moveAlong(failed ? 'gradient' : along, step);
      return {
        state: { ...state, ...reference, lk, eta: step },
        report: report(at, {
          initialStep: initial,
          step,
          backtracks,
          forwards,
          reference: R,
          valueAfter: failed && !guards.finite ? null : valueAfter,
          failed,
          why: failed ? 'search-failed' : null,
          fellBack: fellBack || at.fellBack === true,
        }),
      };
    },
  };
}
