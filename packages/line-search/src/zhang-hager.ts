import { badOption } from '@overparam/core';
import { fromPlain, toPlain, type PlainNumber } from './plain-number.ts';
import { type Reference } from './reference.ts';

export interface ZhangHagerState {
  readonly Q: number;
  readonly C: PlainNumber;
}

export interface ZhangHagerOptions {
  /** From 0, a monotone search, to 1, the plain mean of all losses so far. */
  readonly xi?: number;
  /**
   * Which C goes on into the recursion. `code`: the mean itself. `paper`: R, the mean raised to f(w), as PoNoS is
   * printed. They agree as long as the loss stays below the mean, so always on full batches.
   */
  readonly recursion?: 'code' | 'paper';
}

/**
 * Q' = xi Q + 1;  C' = (xi Q C + f) / Q';  R = max(C', f).
 * Zhang and Hager (2004), (1.3); made stochastic by PoNoS, arXiv 2306.12747, (3).
 */
export function zhangHager({ xi = 1, recursion = 'code' }: ZhangHagerOptions = {}): Reference<ZhangHagerState> {
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
