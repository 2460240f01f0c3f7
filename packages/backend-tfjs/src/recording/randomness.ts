import { intercept } from './taps.ts';

/** The draws of `Math.random`, the source of every tfjs generator without a seed of its own. */
export interface Draws {
  readonly values: number[];
  /** How many of them the first call took. */
  used: number;
}

/** Runs `body` on these draws from the first one on, and adds fresh ones when they are used up. */
export function onDraws<T>(draws: Draws, body: () => T): T {
  const fresh = Math.random;
  let next = 0;
  const random = (): number => {
    if (next === draws.values.length) draws.values.push(fresh());
    draws.used = Math.max(draws.used, next + 1);
    return draws.values[next++]!;
  };
  return intercept(Math, { random }, body);
}
