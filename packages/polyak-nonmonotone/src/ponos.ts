import { type Method, withDefaults } from '@overparam/core';
import { zhangHager, type ZhangHagerState } from '@overparam/line-search';
import { resolveGuards, type GuardOptions } from './guards.ts';
import { armijoSearch, lineSearchMethod } from './line-search-method.ts';
import { polyakStart, type PolyakStartState } from './polyak-start.ts';
import { type StepReport } from './report.ts';
import { stationary } from './stationary.ts';

export interface PonosOptions {
  /** How much of the decrease that the slope promises a step has to deliver, between 0 and 1. */
  readonly c?: number;
  /** Divides Polyak's step. */
  readonly c_p?: number;
  /** The factor of a backtrack, between 0 and 1. */
  readonly delta?: number;
  /** From 0, a monotone search, to 1, where the reference is the mean of all losses so far. */
  readonly xi?: number;
  /** The longest initial step. */
  readonly max_eta?: number;
  /** The shortest initial step. */
  readonly min_eta?: number;
  /** The least value that the loss can have. */
  readonly f_star?: number;
  /** Whether the next search starts from Polyak's step times delta^lk, or from Polyak's step as it is. */
  readonly save_backtracks?: boolean;
  /** Which C goes on into Zhang and Hager's recursion: the mean (`code`), or the mean raised to f (`paper`). */
  readonly recursion?: 'code' | 'paper';
  /** Whether Polyak's step is clipped after the memory shortens it (`code`) or before (`paper`). */
  readonly clipping?: 'code' | 'paper';
  /** The backtracks a step that the memory settles at: lk <- max(lk + backtracks - rho, 0). 1 is the paper's. */
  readonly rho?: number;
  readonly guards?: GuardOptions;
}

export type PonosState = PolyakStartState & ZhangHagerState;

export const ponosDefaults: Required<PonosOptions> = {
  c: 0.5,
  c_p: 0.1,
  delta: 0.5,
  xi: 1,
  max_eta: 10,
  min_eta: 1e-6,
  f_star: 0,
  save_backtracks: true,
  recursion: 'code',
  clipping: 'code',
  rho: 1,
  guards: true,
};

/**
 * PoNoS, the Polyak nonmonotone stochastic line search: no learning rate to tune.
 *
 * A step starts from Polyak's step, shortened by the backtracks that it remembers, and backtracks until the loss of the
 * batch is below the mean of past losses. It costs a gradient and 1 + backtracks evaluations, about 2.
 * Galli, Rauhut and Schmidt, "Don't be so monotone", NeurIPS 2023, arXiv 2306.12747, Algorithm 1; defaults and
 * decisions are those of the authors' code.
 *
 * It is made for mini-batches. On full batches it swings around a minimum for ever: take `ponos({ xi: 0 })` there.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export const ponos = (options: PonosOptions = {}): Method<PonosState, StepReport> => ponosAs('ponos', options);

/** PoNoS under another name and with other defaults. */
export function ponosAs(
  name: string,
  options: PonosOptions,
  defaults: Required<PonosOptions> = ponosDefaults,
): Method<PonosState, StepReport> {
  const all = withDefaults(name, defaults, options);
  const guards = resolveGuards(name, all.guards);
  return lineSearchMethod({
    name,
    options,
    initial: polyakStart({ ...all, guards }),
    reference: zhangHager({ xi: all.xi, recursion: all.recursion }),
    search: armijoSearch({ ...all, guards }),
    stationary: stationary(guards.f_star ? all.f_star : 0),
    guards,
  });
}
