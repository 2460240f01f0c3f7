import { badOption } from '@overparam/core';
import { armijo, backtracking, finite, grid, type Search } from '@overparam/line-search';

/**
 * From lambda: `constant` takes it; `armijo` halves it until f decreases by 1e-4 of what the slope promises; `grid`
 * takes the best of lambda 2^-k, k = 0 to 30. Or a search of `@overparam/line-search`.
 */
export type StepSearch = 'constant' | 'armijo' | 'grid' | Search<number>;

/** The first step as it is, where f is finite there. */
const constant: Search<number> = function* (probe, { initial: step }) {
  const trial = yield* probe(step);
  const accepted = Number.isFinite(trial);
  return { step, trial, accepted, why: accepted ? null : 'max-trials', next: step, backtracks: 0, forwards: 1 };
};

/** @throws OverparamError `BAD_OPTION` */
export function searchOf(search: StepSearch): Search<number> {
  if (typeof search === 'function') return search;
  switch (search) {
    case 'constant':
      return constant;
    case 'armijo':
      return backtracking({ accept: finite(armijo({ c: 1e-4 })), maxTrials: 31 });
    case 'grid':
      return grid();
    default:
      throw badOption('search', search, "'constant', 'armijo', 'grid' or a search of @overparam/line-search");
  }
}
