import { badOption, type Step } from '@overparam/core';
import { count } from '@overparam/line-search';
import { notNegative } from './not-negative.ts';

/** When to stop. A criterion that is null is not looked at; none of them changes a step, only whether it is the last. */
export interface StopOptions {
  /** Stops when max_i |g_i| <= gradientTolerance, or |g| where the oracle does not tell the largest element. */
  readonly gradientTolerance?: number | null;
  /** Stops when |h| <= stepTolerance (|w| + stepTolerance), or |h| <= stepTolerance where the oracle does not tell |w|. */
  readonly stepTolerance?: number | null;
  /** Stops when the loss changes by no more than costTolerance f, and the model does not promise more. */
  readonly costTolerance?: number | null;
  /** Stops when f <= targetLoss. */
  readonly targetLoss?: number | null;
  /** Stops after so many evaluations of f, those at linearizations included. */
  readonly maxEvaluations?: number | null;
}

/**
 * Why a method stops. `gradient`, `step`, `cost`, `target`, `evaluations`: the criterion of that name.
 * `damping`: mu is at its bound and no trial is good enough. `no-decrease`: the search found no step. `non-finite`: the
 * loss or its derivatives are not finite at w, or at the only trial.
 */
export type StopReason =
  'gradient' | 'step' | 'cost' | 'target' | 'evaluations' | 'damping' | 'no-decrease' | 'non-finite';

/** What the criteria look at. */
export interface Progress {
  readonly value: number;
  /** f after the step, or at the trial that was refused. */
  readonly trial: number;
  readonly moved: boolean;
  readonly gradientNorm: number;
  readonly largestGradient: number | null;
  /** Of the step, or of the one that was refused. */
  readonly stepNorm: number;
  /** |w|, if known. */
  readonly parameterNorm: number | null;
  /** The decrease that the model promised, if there is such a model. */
  readonly predicted: number | null;
  readonly evaluations: number;
}

/** @throws OverparamError `BAD_OPTION` */
export function stopping({
  gradientTolerance,
  stepTolerance,
  costTolerance,
  targetLoss,
  maxEvaluations,
}: Required<StopOptions>): (progress: Progress) => StopReason | undefined {
  for (const [name, value] of Object.entries({ gradientTolerance, stepTolerance, costTolerance }))
    if (value !== null) notNegative(name, value);
  if (targetLoss !== null && !Number.isFinite(targetLoss)) throw badOption('targetLoss', targetLoss, 'a finite number');
  if (maxEvaluations !== null) count('maxEvaluations', maxEvaluations);
  return ({ value, trial, moved, gradientNorm, largestGradient, stepNorm, parameterNorm, predicted, evaluations }) => {
    if (targetLoss !== null && (moved ? trial : value) <= targetLoss) return 'target';
    if (gradientTolerance !== null && (largestGradient ?? gradientNorm) <= gradientTolerance) return 'gradient';
    if (costTolerance !== null) {
      const least = costTolerance * Math.abs(value);
      if (Math.abs(trial - value) <= least && (predicted ?? 0) <= least) return 'cost';
    }
    if (stepTolerance !== null) {
      const size = parameterNorm === null ? 1 : parameterNorm + stepTolerance;
      if (stepNorm <= stepTolerance * size) return 'step';
    }
    return maxEvaluations !== null && evaluations >= maxEvaluations ? 'evaluations' : undefined;
  };
}

/** A step that says why it is the last, where its report does. */
export const stepped = <State, Report extends { readonly stopped: StopReason | null }>(
  state: State,
  report: Report,
): Step<State, Report> => (report.stopped === null ? { state, report } : { state, report, stopped: report.stopped });
