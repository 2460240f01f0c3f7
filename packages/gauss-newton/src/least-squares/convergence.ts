import type { DampedStep } from './damped-step.ts';
import { weightedNorm, type Iterate } from './iterate.ts';
import type { LeastSquaresStop, Settings } from './options.ts';
import type { Trial } from './trial.ts';

interface Progress {
  readonly before: Iterate;
  readonly here: Iterate;
  readonly full: DampedStep;
  readonly trial: Trial;
  readonly noise: number;
}

/**
 * The tolerance that is met, if any. `cost` and `step` look at the full step from the point before: one that the radius cut short
 * says little. A refused trial only counts where the full step promises no more than rounding. A small step only counts where it
 * did what the model predicted, and where F has little to lose by more of them: a Jacobian that is wrong has small steps too, and
 * one of 1e-8 of a parameter that is a date is a long one.
 */
export function reasonToStop(
  { gradientTolerance, costTolerance, stepTolerance }: Settings,
  { before, here, full, trial, noise }: Progress,
): LeastSquaresStop | undefined {
  if (gradientTolerance !== null && here.cosine <= gradientTolerance) return 'gradient';
  const settled = full.predicted <= noise;
  const { cost } = before.at;
  if (!trial.next) {
    // Short steps are tried before: they may shorten the gradient where F is flat.
    if (!settled || trial.stepNorm > full.norm / 20) return undefined;
    return costTolerance !== null ? 'cost' : stepTolerance !== null ? 'step' : undefined;
  }
  if (costTolerance !== null) {
    const least = costTolerance * cost;
    if (full.predicted <= least && Math.abs(trial.cost - cost) <= least) return 'cost';
  }
  const plausible = settled || (trial.gainRatio > 0.1 && full.predicted <= 1e-6 * cost);
  return plausible && isSmall(before, full, stepTolerance) ? 'step' : undefined;
}

/** |C p| <= stepTolerance |C x| for the full step p. */
export function isSmall({ lengths, at: { x } }: Iterate, full: DampedStep, stepTolerance: number | null): boolean {
  if (stepTolerance === null) return false;
  const p = full.to.map((to, j) => to - x[j]!);
  return weightedNorm(lengths, p) <= stepTolerance * weightedNorm(lengths, x);
}
