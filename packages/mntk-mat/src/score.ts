import { badOption } from '@overparam/core';
import type { Spectrum } from './spectrum.ts';

export interface Scored {
  readonly spectrum: Spectrum;
  /** lambda_max at the first selection. */
  readonly first: number;
  /** t: how many selections came before this one. */
  readonly selection: number;
}

/**
 * What modules are compared by: lambda_max; lambda_max `relative` to its first value; the `descent` that the module
 * promises, of spectra along the loss; or a function.
 */
export type Score = 'lambda_max' | 'relative' | 'descent' | ScoreFunction;
export type ScoreFunction = (scored: Scored) => number;

/** @throws OverparamError `BAD_OPTION`, later on too where a function returns no number */
export function scoreRule(score: Score): ScoreFunction {
  if (score === 'lambda_max') return ({ spectrum }) => spectrum.lambda_max;
  if (score === 'relative')
    return ({ spectrum, first }) => (first > 0 ? spectrum.lambda_max / first : Number(spectrum.lambda_max > 0));
  if (score === 'descent') return ({ spectrum }) => spectrum.descent!;
  if (typeof score !== 'function') throw badOption('score', score, "'lambda_max', 'relative', 'descent' or a function");
  return (scored) => {
    const value: unknown = score(scored);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw badOption(`The score of ${scored.spectrum.module}`, value, 'a finite number, which the function must return');
  };
}
