import { badOption, type Linearization, withDefaults } from '@overparam/core';

/**
 * Where the papers' code breaks down, and what is done instead. Each guard is on unless it is switched off; with all of
 * them off, a method is its official code to the decision.
 */
export interface Guards {
  /**
   * A batch whose f, slope or |g|^2 is not finite is skipped, and the state stays; a trial that is not finite is
   * refused, -Infinity too; the tiny step after a failed search is taken only if it, or where it goes along
   * another direction the last trial, leads to a finite value. Without it, one NaN or Infinity spoils C for ever.
   */
  readonly finite: boolean;
  /** A direction that does not descend is not searched along. */
  readonly descent: boolean;
  /** `f_star` counts. The official PoNoS stores it and never uses it. */
  readonly f_star: boolean;
  /**
   * After a failed search the next one starts where that ended, and memory is never so long that Polyak's step would
   * start below `min_eta`. The official memory grows by 98, and pins the step to `min_eta` for 98 steps.
   */
  readonly memory: boolean;
  /** Where f <= f_star and Polyak's step is no guide, the search starts from the last accepted step. */
  readonly previous_step: boolean;
}

export type GuardOptions = boolean | Partial<Guards>;

const on: Guards = { finite: true, descent: true, f_star: true, memory: true, previous_step: true };
const off: Guards = { finite: false, descent: false, f_star: false, memory: false, previous_step: false };

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export function resolveGuards(method: string, given: GuardOptions): Guards {
  if (given === true) return on;
  if (given === false) return off;
  const guards = withDefaults(`guards of ${method}`, on, given as Guards);
  for (const [name, value] of Object.entries(guards))
    if (typeof value !== 'boolean') throw badOption(`guards.${name}`, value, 'true or false');
  return guards;
}

export const isFinite = ({ value, slope, squaredGradientNorm }: Linearization): boolean =>
  Number.isFinite(value) && Number.isFinite(slope) && Number.isFinite(squaredGradientNorm);
