import { badOption } from '@overparam/core';
import { armijo, backtracking, finite, positive, type Search } from '@overparam/line-search';

/** A line search on the energy along the path of the motion. */
export interface SearchedStep {
  /** The search; Armijo's backtracking by default. The slope that it gets is -1/m sum_i |v_i|^2. */
  readonly search?: Search<number>;
  /** The first trial of all. */
  readonly initial?: number;
  /** The first trial of a step is the last accepted one times this. */
  readonly growth?: number;
}

/**
 * A number; 'lipschitz': the longest 1/L, from backtracking, with F(u+) <= F(u) - 1/(2L) 1/m sum_i |v_i|^2, which holds
 * for every L that bounds the curvature of F between the two; or a search.
 */
export type StepRule = number | 'lipschitz' | SearchedStep;

/** A step rule with its defaults. */
export type ResolvedStep =
  | { readonly constant: number }
  | { readonly constant: null; readonly search: Search<number>; readonly initial: number; readonly growth: number };

/** @throws OverparamError `BAD_OPTION` */
export function resolveStep(step: StepRule): ResolvedStep {
  if (step === 'lipschitz')
    return { constant: null, search: backtracking({ accept: finite(armijo({ c: 0.5 })) }), initial: 1, growth: 1.25 };
  if (typeof step === 'number') {
    if (positive('step', step) === Infinity) throw badOption('step', step, 'a finite number > 0');
    return { constant: step };
  }
  if (step === null || typeof step !== 'object') throw badOption('step', step, "a number > 0, 'lipschitz' or a search");
  const { search = backtracking({ accept: finite(armijo()) }), initial = 1, growth = 2 } = step;
  return { constant: null, search, initial: positive('initial', initial), growth: positive('growth', growth) };
}
