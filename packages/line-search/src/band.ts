import { badOption } from '@overparam/core';

export interface BandOptions {
  /** The lower end, above 0. */
  readonly c1?: number;
  /** The upper end, between `c1` and 1. */
  readonly c2?: number;
}

/**
 * The band of Goldstein's conditions (1965): between c1 and c2 of the decrease that the slope promises, a step is
 * neither too long nor too short. Returns by how much a ratio of decreases lies outside: > 0 above the band (the step is
 * too short), < 0 below it (too long), 0 inside.
 *
 * `w`, from 1 to 0, is the part of the step that a schedule takes: the promise of a shorter step holds better, so the
 * upper end is 1 - (1 - c2) w.
 */
export function band({ c1 = 0.6, c2 = 0.85 }: BandOptions = {}): (ratio: number, w?: number) => number {
  if (!(c1 > 0 && c1 < 1)) throw badOption('c1', c1, 'a number between 0 and 1');
  if (!(c2 >= c1 && c2 < 1)) throw badOption('c2', c2, `a number from c1 = ${c1} to below 1`);
  return (ratio, w = 1) => {
    const upper = 1 - (1 - c2) * w;
    return ratio > upper ? ratio - upper : ratio < c1 ? ratio - c1 : 0;
  };
}
