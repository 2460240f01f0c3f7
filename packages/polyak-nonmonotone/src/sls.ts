import { badOption, type Method, withDefaults } from '@overparam/core';
import { failedStep, fraction, goldstein, monotone, positive } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch, lineSearchMethod } from './line-search-method.ts';
import { vanishing } from './stationary.ts';
import { type StepReport } from './report.ts';
import { resetNamed, type ResetOption } from './reset.ts';
import { slsStart, type SlsStartState } from './sls-start.ts';

export interface SlsOptions {
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
  readonly init_step_size?: number;
  readonly c?: number;
  /** The factor of a backtrack. */
  readonly beta_b?: number;
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** Goldstein's factor of a step that is too short. */
  readonly beta_f?: number;
  readonly reset_option?: ResetOption;
  /** Goldstein's longest step. */
  readonly eta_max?: number;
  /** Whether Goldstein's steps heed eta_max. */
  readonly bound_step_size?: boolean;
  readonly line_search_fn?: 'armijo' | 'goldstein';
  readonly guards?: GuardOptions;
}

const defaults: Required<SlsOptions> = {
  n_batches_per_epoch: 500,
  init_step_size: 1,
  c: 0.1,
  beta_b: 0.9,
  gamma: 2,
  beta_f: 2,
  reset_option: 'grow',
  eta_max: 10,
  bound_step_size: true,
  line_search_fn: 'armijo',
  guards: true,
};

/**
 * SLS, the monotone stochastic line search: each batch's own loss has to decrease, from a start that is the step
 * before, a little longer. Vaswani et al., NeurIPS 2019, arXiv 1905.09997, Algorithm 1; defaults of the authors' code.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export const sls = (options: SlsOptions = {}): Method<SlsStartState, StepReport> => slsAs('sls', options, defaults);

/** SLS with Goldstein's conditions in Armijo's place: steps grow as well as shrink. */
export const slsGoldstein = (options: Omit<SlsOptions, 'line_search_fn'> = {}): Method<SlsStartState, StepReport> =>
  slsAs('sls-goldstein', options, { ...defaults, reset_option: 'keep', line_search_fn: 'goldstein' });

function slsAs(name: string, options: SlsOptions, otherwise: Required<SlsOptions>): Method<SlsStartState, StepReport> {
  const all = withDefaults(name, otherwise, options);
  const { c, beta_b, beta_f, line_search_fn, eta_max } = all;
  const guards = resolveGuards(name, all.guards);
  const reset = resetNamed(all.reset_option, ['keep', 'grow', 'restart']);
  if (line_search_fn !== 'armijo' && line_search_fn !== 'goldstein')
    throw badOption('line_search_fn', line_search_fn, "'armijo' or 'goldstein'");
  fraction('beta_b', beta_b);
  positive('eta_max', eta_max);
  return lineSearchMethod({
    name,
    options,
    initial: slsStart({ ...all, reset, eta_min: 0, c_p: 1, remembers: 'sls' }),
    reference: monotone,
    search:
      line_search_fn === 'armijo'
        ? armijoSearch({ c, delta: beta_b, guards })
        : goldstein({ c, beta_b, beta_f, eta_max: all.bound_step_size ? eta_max : Infinity }),
    // The official Goldstein search leaves w at its last trial.
    afterFailure: ({ step }) => (line_search_fn === 'goldstein' && !guards.finite ? step : failedStep),
    stationary: vanishing,
    guards,
  });
}
