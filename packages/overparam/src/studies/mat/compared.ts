import type { Outcome } from '../study.ts';
import type { Comparison, Training } from './settings.ts';
import type { TrainingResult } from './trained.ts';

export type Trained = Outcome<Training, TrainingResult>;

/** All seeds of a method. */
export interface Compared {
  readonly method: Comparison;
  readonly outcomes: readonly Trained[];
}

const labels: Readonly<Record<Comparison, string>> = {
  full: 'all modules',
  mat: 'MAT',
  random: 'random, as many',
  inverted: 'lowest, as many',
  'early-freezing': 'early freezing',
  multirate: 'multirate, by turns',
};

export const labelOf = (method: Comparison): string => labels[method];
