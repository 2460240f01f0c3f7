import { type Method, withDefaults } from '@overparam/core';
import { count, zhangHager, type ZhangHagerState } from '@overparam/line-search';
import { resolveGuards } from './guards.ts';
import { type InitialStep } from './initial-step.ts';
import { armijoSearch, lineSearchMethod } from './line-search-method.ts';
import { ponosAs, ponosDefaults, type PonosOptions, type PonosState } from './ponos.ts';
import { polyakStart, type PolyakStartState } from './polyak-start.ts';
import { type StepReport } from './report.ts';
import { vanishing } from './stationary.ts';

/**
 * PoNoS without its memory: each search starts from Polyak's step. "zhang" and "PoNoS_reset0" of arXiv 2306.12747.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export const ponosReset0 = (options: PonosOptions = {}): Method<PonosState, StepReport> =>
  ponosAs('ponos-reset0', options, { ...ponosDefaults, save_backtracks: false });

export interface ZhangEvery2Options extends PonosOptions {
  /** How often a step is searched for; the steps between take the last one found. */
  readonly sls_every?: number;
}

export interface EveryState {
  /** k */
  readonly k: number;
  /** The last step taken. */
  readonly taken: number;
}

/**
 * Searches on every second batch, from Polyak's step, and takes the step found on the next as well. "zhang_every2" of
 * arXiv 2306.12747.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function zhangEvery2(
  options: ZhangEvery2Options = {},
): Method<PolyakStartState & EveryState & ZhangHagerState, StepReport> {
  const name = 'zhang-every2';
  const defaults = { ...ponosDefaults, save_backtracks: false, sls_every: 2 };
  const all = withDefaults<ZhangEvery2Options>(name, defaults, options);
  const every = count('sls_every', all.sls_every);
  const guards = resolveGuards(name, all.guards);
  const searches = ({ k }: EveryState): boolean => k % every === 0;
  const polyak = polyakStart({ ...all, guards });
  const initial: InitialStep<PolyakStartState & EveryState> = {
    init: () => ({ ...polyak.init(), k: 0, taken: 0 }),
    start: (state, at) => (searches(state) ? polyak.start(state, at) : state.taken),
    learn: (state, outcome) => ({
      ...(searches(state) ? polyak.learn(state, outcome) : { lk: state.lk, eta: state.eta }),
      k: state.k + 1,
      taken: outcome.step,
    }),
  };
  return lineSearchMethod({
    name,
    options,
    initial,
    searches,
    reference: zhangHager({ xi: all.xi, recursion: all.recursion }),
    search: armijoSearch({ ...all, guards }),
    stationary: vanishing,
    guards,
  });
}
