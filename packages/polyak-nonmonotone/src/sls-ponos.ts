import { badOption, type Method } from '@overparam/core';
import { monotone, zhangHager, type ZhangHagerState } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch, lineSearchMethod } from './line-search-method.ts';
import { withDefaults } from './options.ts';
import { type StepReport } from './report.ts';
import { resetNamed, type ResetOption } from './reset.ts';
import { slsStart, type SlsStartState } from './sls-start.ts';
import { stationary, vanishing } from './stationary.ts';

export interface SlsPonosOptions {
  readonly c?: number;
  /** The factor of a backtrack. */
  readonly delta?: number;
  /** Of Zhang and Hager's reference. */
  readonly xi?: number;
  readonly line_search_fn?: 'armijo' | 'zhang';
  readonly reset_option?: ResetOption;
  readonly init_step_size?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  /** The longest initial step of the resets that are capped. */
  readonly max_eta?: number;
  /** Of the reset `decrease-ratio`. */
  readonly c_p?: number;
  readonly guards?: GuardOptions;
}

export type SlsPonosState = SlsStartState & Partial<ZhangHagerState>;

const slsDefaults: Required<SlsPonosOptions> = {
  c: 0.1,
  delta: 0.9,
  xi: 1,
  line_search_fn: 'armijo',
  reset_option: 'grow-capped',
  init_step_size: 1,
  gamma: 2,
  n_batches_per_epoch: 500,
  max_eta: 10,
  c_p: 0.1,
  guards: true,
};

const zhangDefaults: Required<SlsPonosOptions> = { ...slsDefaults, c: 0.5, delta: 0.5, line_search_fn: 'zhang' };

/**
 * SLS as PoNoS is compared with: the start is the step before times gamma^(1/nb), no more than max_eta and no less than
 * 1e-8. "SLS" of the PoNoS code (arXiv 2306.12747); it differs from {@link sls} in the cap and after a failed search.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export const slsPonos = (options: SlsPonosOptions = {}): Method<SlsPonosState, StepReport> =>
  slsPonosAs('sls-ponos', options, slsDefaults);

/** The nonmonotone search from the step before times gamma^(1/nb). "zhang_reset2", arXiv 2306.12747, figure on resets. */
export const zhangReset2 = (options: SlsPonosOptions = {}): Method<SlsPonosState, StepReport> =>
  slsPonosAs('zhang-reset2', options, zhangDefaults);

/** The nonmonotone search from eta_{k-1} |g_{k-1}|^2 / |g_k|^2, which has no cap. "zhang_reset3". */
export const zhangReset3 = (options: SlsPonosOptions = {}): Method<SlsPonosState, StepReport> =>
  slsPonosAs('zhang-reset3', options, { ...zhangDefaults, reset_option: 'gradient-ratio' });

/** The nonmonotone search from the last decrease over c_p |g_{k-1}|^4. "zhang_reset4". */
export const zhangReset4 = (options: SlsPonosOptions = {}): Method<SlsPonosState, StepReport> =>
  slsPonosAs('zhang-reset4', options, { ...zhangDefaults, reset_option: 'decrease-ratio' });

function slsPonosAs(
  name: string,
  options: SlsPonosOptions,
  defaults: Required<SlsPonosOptions>,
): Method<SlsPonosState, StepReport> {
  const all = withDefaults(name, defaults, options);
  const { c, delta, line_search_fn, max_eta, xi } = all;
  const guards = resolveGuards(name, all.guards);
  if (line_search_fn !== 'armijo' && line_search_fn !== 'zhang')
    throw badOption('line_search_fn', line_search_fn, "'armijo' or 'zhang'");
  const reset = resetNamed(all.reset_option, [
    'keep',
    'grow',
    'grow-capped',
    'restart',
    'gradient-ratio',
    'decrease-ratio',
  ]);
  const initial = slsStart({ ...all, reset, eta_max: max_eta, eta_min: 1e-8, remembers: 'ponos' });
  const search = armijoSearch({ c, delta, guards });
  return line_search_fn === 'armijo'
    ? lineSearchMethod({ name, initial, search, guards, reference: monotone, stationary: stationary(0) })
    : lineSearchMethod({ name, initial, search, guards, reference: zhangHager({ xi }), stationary: vanishing });
}
