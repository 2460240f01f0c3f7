import { badOption, withDefaults } from '@overparam/core';
import { fromPlain, toPlain, type PlainNumber } from './plain-number.ts';
import { type Reference } from './reference.ts';

export interface ZhangHagerState {
  readonly Q: number;
  readonly C: PlainNumber;
}

export interface ZhangHagerOptions {
  /** From 0, a monotone search, to 1, the plain mean of all losses so far. @default 1 */
  readonly xi?: number;
  /**
   * Which C the recursion continues with. `code`: the mean itself. `paper`: R, the mean raised to f(w), as PoNoS is
   * printed. They agree while the loss stays below the mean, so always on full batches. @default 'code'
   */
  readonly recursion?: 'code' | 'paper';
}

/**
 * Q' = xi Q + 1;  C' = (xi Q C + f) / Q';  R = max(C', f).
 * f: the loss of the batch; C: the mean of past losses, weighted by xi; Q: the sum of the weights; R: what trials are
 * compared with. Zhang and Hager (2004), (1.3); made stochastic by PoNoS, arXiv 2306.12747, (3).
 */
export function zhangHager(options: ZhangHagerOptions = {}): Reference<ZhangHagerState> {
  const { xi, recursion } = withDefaults<ZhangHagerOptions>('zhangHager', { xi: 1, recursion: 'code' }, options);
  if (!(xi >= 0 && xi <= 1)) throw badOption('xi', xi, 'a number from 0 to 1');
  if (recursion !== 'code' && recursion !== 'paper') throw badOption('recursion', recursion, "'code' or 'paper'");
  return {
    init: () => ({ Q: 0, C: 0 }),
    next(state, { value: f }) {
      const Q = xi * state.Q + 1;
      const C = (xi * state.Q * fromPlain(state.C) + f) / Q;
      const R = Math.max(C, f);
      return [R, { Q, C: toPlain(recursion === 'paper' ? R : C) }];
    },
  };
}
