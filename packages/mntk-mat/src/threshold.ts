import { badOption } from '@overparam/core';
import type { Spectrum } from './spectrum.ts';

/**
 * lambda_alpha, which a module's score must reach: `ratio`, alpha times the largest score of its group; `quantile`, the
 * alpha-quantile of the scores of its group; or a function of the scores and spectra of a group. Modules without
 * influence, whose kernel is zero, are not among them.
 */
export type Threshold = 'ratio' | 'quantile' | ThresholdFunction;
export type ThresholdFunction = (scores: readonly number[], spectra: readonly Spectrum[]) => number;

/** @throws OverparamError `BAD_OPTION`, later on too where a function returns no number */
export function thresholdRule(threshold: Threshold, alpha: number): ThresholdFunction {
  if (typeof alpha !== 'number' || !(alpha >= 0 && alpha <= 1)) throw badOption('alpha', alpha, 'a number from 0 to 1');
  if (threshold === 'ratio') return (scores) => alpha * Math.max(...scores);
  if (threshold === 'quantile') return (scores) => quantile(scores, alpha);
  if (typeof threshold !== 'function') throw badOption('threshold', threshold, "'ratio', 'quantile' or a function");
  return (scores, spectra) => {
    const value: unknown = threshold(scores, spectra);
    if (typeof value === 'number' && !Number.isNaN(value)) return value;
    throw badOption('The threshold', value, 'a number, which the function must return');
  };
}

/** Linear between order statistics: Hyndman and Fan's definition 7. */
function quantile(numbers: readonly number[], alpha: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = alpha * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (at - Math.floor(at)) * (above - below);
}
