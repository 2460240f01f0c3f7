import type { Results, RunResult } from '../results/results.ts';
import { median } from '../results/quantile.ts';

/** All seeds of one method. */
export interface MethodRuns {
  readonly method: string;
  readonly label: string;
  readonly runs: readonly RunResult[];
}

/** The runs method by method, in the plan's order. */
export function byMethod({ plan, runs }: Results): MethodRuns[] {
  return plan.methods.flatMap((method) => {
    const own = runs.filter((run) => run.method === method);
    return own[0] ? [{ method, label: own[0].label, runs: own }] : [];
  });
}

/** What the table says of a method: medians over its seeds. */
export interface Summary {
  readonly label: string;
  readonly seeds: number;
  readonly epochs: number;
  readonly trainLoss: number | null;
  readonly testAccuracy: number;
  readonly bestTestAccuracy: number;
  readonly seconds: number;
  readonly millisecondsPerStep: number;
  readonly evaluationsPerStep: number;
  readonly backtracksPerStep: number;
}

export function summarize({ label, runs }: MethodRuns): Summary {
  const ends = runs.map(({ epochs }) => epochs.at(-1)!);
  const over = (values: readonly number[]): number => median(values);
  const losses = ends.map(({ trainLoss }) => trainLoss ?? Infinity);
  const trainLoss = over(losses);
  return {
    label,
    seeds: runs.length,
    epochs: over(ends.map(({ epoch }) => epoch)),
    trainLoss: Number.isFinite(trainLoss) ? trainLoss : null,
    testAccuracy: over(ends.map(({ testAccuracy }) => testAccuracy)),
    bestTestAccuracy: over(runs.map(({ epochs }) => Math.max(...epochs.map(({ testAccuracy }) => testAccuracy)))),
    seconds: over(ends.map(({ seconds }) => seconds)),
    millisecondsPerStep: over(ends.map(({ seconds, step }) => (1000 * seconds) / Math.max(1, step))),
    evaluationsPerStep: over(ends.map(({ evaluations, step }) => evaluations / Math.max(1, step))),
    backtracksPerStep: over(ends.map(({ backtracks, step }) => backtracks / Math.max(1, step))),
  };
}
