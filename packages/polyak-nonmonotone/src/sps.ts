import { badOption, type Method, withDefaults } from '@overparam/core';
import { clip, polyak, positive, smoothed } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { type StepReport } from './report.ts';
import { vanishing } from './stationary.ts';
import { stepRuleMethod } from './step-rule-method.ts';

export interface SpsOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  /** What the first step of `smooth_iter` is held against. */
  readonly init_step_size?: number;
  /** Divides Polyak's step. */
  readonly c?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** The longest step of `constant`, SPS_max. */
  readonly eta_max?: number | null;
  readonly adapt_flag?: 'smooth_iter' | 'constant';
  readonly eps?: number;
  /** The least value that the loss of any batch can have. */
  readonly f_star?: number;
  readonly guards?: GuardOptions;
}

export interface SpsState {
  /** The step before. */
  readonly eta: number;
}

/**
 * SPS, the stochastic Polyak step, without any search. Loizou et al., AISTATS 2021, arXiv 2002.10542; defaults of the
 * authors' code.
 *
 * constant: eta_k = min(eta_max, (f - f*) / (c |g|^2 + eps)), 0 below f*
 * smooth_iter: eta_k = min(gamma^(1/nb) eta_{k-1}, f / (c |g|^2 + eps)); with the guard `f_star`, f - f* in place of f
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function sps(options: SpsOptions = {}): Method<SpsState, StepReport> {
  const { init_step_size, c, eta_max, adapt_flag, eps, f_star, ...all } = withDefaults<SpsOptions>(
    'sps',
    {
      n_batches_per_epoch: 500,
      init_step_size: 1,
      c: 0.5,
      gamma: 2,
      eta_max: null,
      adapt_flag: 'smooth_iter',
      eps: 1e-8,
      f_star: 0,
      guards: true,
    },
    options,
  );
  if (adapt_flag !== 'smooth_iter' && adapt_flag !== 'constant')
    throw badOption('adapt_flag', adapt_flag, "'smooth_iter' or 'constant'");
  positive('c', c);
  positive('init_step_size', init_step_size);
  const longest = eta_max === null ? Infinity : positive('eta_max', eta_max);
  if (!(eps >= 0)) throw badOption('eps', eps, 'a number >= 0');
  if (!Number.isFinite(f_star)) throw badOption('f_star', f_star, 'a finite number');
  const guards = resolveGuards('sps', all.guards);
  const smooth = smoothed({ gamma: all.gamma, n_batches_per_epoch: all.n_batches_per_epoch });
  const least = adapt_flag === 'constant' || guards.f_star ? f_star : 0;
  const step = polyak({ c_p: c, f_star: least, epsilon: eps });
  return stepRuleMethod({
    name: 'sps',
    options,
    guards,
    least,
    init: () => ({ eta: init_step_size }),
    next({ eta }, at) {
      const raw = step(at.value, at.squaredGradientNorm);
      const own = adapt_flag === 'smooth_iter' ? smooth(raw, eta) : at.value < least ? 0 : Math.min(longest, raw);
      const taken = vanishing(at) ? 0 : own;
      return [taken, { eta: taken }];
    },
  });
}

export interface SpsPonosOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  readonly init_step_size?: number;
  readonly c_p?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  readonly max_eta?: number;
  readonly min_eta?: number;
  readonly f_star?: number;
  readonly guards?: GuardOptions;
}

/**
 * SPS as PoNoS is compared with: clip(min(f / (c_p |g|^2 + 1e-8), gamma^(1/nb) eta_{k-1}), min_eta, max_eta). "SPS" of
 * the PoNoS code, arXiv 2306.12747.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function spsPonos(options: SpsPonosOptions = {}): Method<SpsState, StepReport> {
  const { init_step_size, c_p, max_eta, min_eta, f_star, ...all } = withDefaults<SpsPonosOptions>(
    'sps-ponos',
    {
      n_batches_per_epoch: 500,
      init_step_size: 1,
      c_p: 0.2,
      gamma: 2,
      max_eta: 10,
      min_eta: 1e-6,
      f_star: 0,
      guards: true,
    },
    options,
  );
  positive('init_step_size', init_step_size);
  positive('max_eta', max_eta);
  if (!(min_eta >= 0 && min_eta <= max_eta))
    throw badOption('min_eta', min_eta, `a number from 0 to max_eta = ${max_eta}`);
  if (!Number.isFinite(f_star)) throw badOption('f_star', f_star, 'a finite number');
  const guards = resolveGuards('sps-ponos', all.guards);
  const least = guards.f_star ? f_star : 0;
  const step = polyak({ c_p, f_star: least });
  const smooth = smoothed({ gamma: all.gamma, n_batches_per_epoch: all.n_batches_per_epoch });
  return stepRuleMethod({
    name: 'sps-ponos',
    options,
    guards,
    least,
    init: () => ({ eta: init_step_size }),
    next({ eta }, { value, squaredGradientNorm }) {
      const taken = clip(smooth(step(value, squaredGradientNorm), eta || init_step_size), min_eta, max_eta);
      return [taken, { eta: taken }];
    },
  });
}
