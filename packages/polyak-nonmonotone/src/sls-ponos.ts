import { type Method, withDefaults } from '@overparam/core';
import { fraction, monotone, zhangHager, type ZhangHagerState } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch, lineSearchMethod } from './line-search-method.ts';
import { type StepReport } from './report.ts';
import { resetNamed, type Reset, type ResetOption } from './reset.ts';
import { slsStart, type SlsStartState } from './sls-start.ts';
import { stationary, vanishing } from './stationary.ts';

interface StartOptions {
  readonly c?: number;
  readonly init_step_size?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  /** Of the reset `decrease-ratio`. */
  readonly c_p?: number;
  readonly guards?: GuardOptions;
}

export interface SlsPonosOptions extends StartOptions {
  /** The factor of a backtrack. */
  readonly beta_b?: number;
  /** The longest initial step of the resets that are capped. */
  readonly eta_max?: number;
  readonly reset_option?: ResetOption;
}

export interface ZhangResetOptions extends StartOptions {
  /** The factor of a backtrack. */
  readonly delta?: number;
  /** Of Zhang and Hager's reference. */
  readonly xi?: number;
  /** The longest initial step of the resets that are capped. */
  readonly max_eta?: number;
}

const startDefaults = { init_step_size: 1, gamma: 2, n_batches_per_epoch: 500, c_p: 0.1, guards: true } as const;
const slsDefaults: Required<SlsPonosOptions> = {
  ...startDefaults,
  c: 0.1,
  beta_b: 0.9,
  eta_max: 10,
  reset_option: 'grow-capped',
};
const zhangDefaults: Required<ZhangResetOptions> = { ...startDefaults, c: 0.5, delta: 0.5, xi: 1, max_eta: 10 };

/**
 * SLS as PoNoS is compared with: the start is the step before times gamma^(1/nb), no more than eta_max and no less than
 * 1e-8. "SLS" of the PoNoS code (arXiv 2306.12747); it differs from {@link sls} in the cap and after a failed search.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function slsPonos(options: SlsPonosOptions = {}): Method<SlsStartState, StepReport> {
  const name = 'sls-ponos';
  const all = withDefaults(name, slsDefaults, options);
  const guards = resolveGuards(name, all.guards);
  fraction('beta_b', all.beta_b);
  const resets = ['keep', 'grow', 'grow-capped', 'restart', 'gradient-ratio', 'decrease-ratio'] as const;
  return lineSearchMethod({
    name,
    options,
    initial: slsStart({ ...all, reset: resetNamed(all.reset_option, resets), eta_min: 1e-8, remembers: 'ponos' }),
    reference: monotone,
    search: armijoSearch({ c: all.c, delta: all.beta_b, guards }),
    stationary: stationary(0),
    guards,
  });
}

type ZhangReset = Method<SlsStartState & ZhangHagerState, StepReport>;

/** The nonmonotone search from the step before times gamma^(1/nb). "zhang_reset2" of arXiv 2306.12747. */
export const zhangReset2 = (options: ZhangResetOptions = {}): ZhangReset =>
  zhangReset('zhang-reset2', 'grow-capped', options);

/** The nonmonotone search from eta_{k-1} |g_{k-1}|^2 / |g_k|^2, which has no cap. "zhang_reset3". */
export const zhangReset3 = (options: ZhangResetOptions = {}): ZhangReset =>
  zhangReset('zhang-reset3', 'gradient-ratio', options);

/** The nonmonotone search from the last decrease over c_p |g_{k-1}|^4. "zhang_reset4". */
export const zhangReset4 = (options: ZhangResetOptions = {}): ZhangReset =>
  zhangReset('zhang-reset4', 'decrease-ratio', options);

function zhangReset(name: string, reset: Reset, options: ZhangResetOptions): ZhangReset {
  const all = withDefaults(name, zhangDefaults, options);
  const guards = resolveGuards(name, all.guards);
  return lineSearchMethod({
    name,
    options,
    initial: slsStart({ ...all, reset, eta_max: all.max_eta, eta_min: 1e-8, remembers: 'ponos' }),
    reference: zhangHager({ xi: all.xi }),
    search: armijoSearch({ ...all, guards }),
    stationary: vanishing,
    guards,
  });
}
