import { badOption, OverparamError, type Signal } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { notNegative } from '../not-negative.ts';
import type { Bounds, BoundsPair } from './box.ts';
import type { ProblemOptions } from './problem.ts';

/**
 * Why it stopped: the criterion of that name; 'no-decrease', where no step decreases F, however short; or the caller, by
 * 'signal' or 'onStep'.
 */
export type LeastSquaresStop = 'gradient' | 'cost' | 'step' | 'evaluations' | 'no-decrease' | 'signal' | 'onStep';

/** One trial step. */
export interface LeastSquaresStep {
  /** The number of steps taken, this one included. */
  readonly iteration: number;
  readonly taken: boolean;
  /** F after this trial. */
  readonly cost: number;
  /** {@link LeastSquaresResult.optimality} there. */
  readonly optimality: number;
  /** |D p| of the trial, and the most that it was allowed. */
  readonly stepNorm: number;
  readonly radius: number;
  /** The decrease of F over the decrease that the model predicted. */
  readonly gainRatio: number;
  readonly evaluations: number;
}

export interface LeastSquaresOptions extends Partial<ProblemOptions> {
  /** `{ lower, upper }`, or scipy's `[lows, highs]`. @default none */
  readonly bounds?: Bounds | BoundsPair;
  /** The sizes by which parameters are compared, 1/D; with 'jacobian', D is the length of the columns of J. @default 'jacobian' */
  readonly scale?: 'jacobian' | ArrayLike<number>;
  /**
   * Converged when the cosine of the angle between the residuals and each column of the Jacobian is at most this (MINPACK's
   * gtol); null: not tested. @default 1e-8
   */
  readonly gradientTolerance?: number | null;
  /**
   * Converged when the full step p is at most this part of the parameters, |C p| <= stepTolerance |C x| with C the lengths of
   * the columns of J at x (MINPACK's xtol); null: not tested. @default 1e-8
   */
  readonly stepTolerance?: number | null;
  /**
   * Converged when F changed by at most this part of it and the full step does not promise more (MINPACK's ftol); null: not
   * tested. @default 1e-8
   */
  readonly costTolerance?: number | null;
  /** The most evaluations of the residuals, not counting those for finite differences; null: 400 (P + 1). @default null */
  readonly maxEvaluations?: number | null;
  /** True: weights are 1/sigma_i^2 of known errors, and the covariance is (J^T J)^-1, not s^2 (J^T J)^-1. @default false */
  readonly absoluteWeights?: boolean;
  /** Keeps every trial step in the result. @default false */
  readonly history?: boolean;
  /** Stops before the next trial step. @default null */
  readonly signal?: Signal | null;
  /** Called after each trial step, with a copy of the best parameters so far; return false to stop. @default null */
  readonly onStep?: ((step: LeastSquaresStep, parameters: Float64Array) => unknown) | null;
}

export type Settings = Required<LeastSquaresOptions>;

export const defaults: Settings = {
  jacobian: '3-point',
  differenceStep: null,
  bounds: {},
  loss: 'linear',
  lossScale: 1,
  weights: null,
  scale: 'jacobian',
  gradientTolerance: 1e-8,
  stepTolerance: 1e-8,
  costTolerance: 1e-8,
  maxEvaluations: null,
  absoluteWeights: false,
  history: false,
  signal: null,
  onStep: null,
};

/** The names of the options. */
export const optionNames: readonly string[] = Object.keys(defaults);

export function checkTolerances({
  gradientTolerance,
  stepTolerance,
  costTolerance,
  maxEvaluations,
  lossScale,
}: Settings): void {
  for (const [name, value] of Object.entries({ gradientTolerance, stepTolerance, costTolerance }))
    if (value !== null) notNegative(name, value);
  if (maxEvaluations !== null) count('maxEvaluations', maxEvaluations);
  positive('lossScale', lossScale);
}

export function checkStart(start: ArrayLike<number>): Float64Array {
  if (!(start?.length >= 1)) throw badOption('start', start, 'a non-empty array with one number per parameter');
  const x = new Float64Array(start);
  const i = x.findIndex((value) => !Number.isFinite(value));
  if (i >= 0) throw new OverparamError('NOT_FINITE', `start[${i}] is ${x[i]}: it must be a finite number.`);
  return x;
}

export function checkScale(scale: ArrayLike<number>, parameters: number): Float64Array {
  if (scale.length !== parameters)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `scale has ${scale.length} numbers, and there are ${parameters} parameters.`,
    );
  const sizes = new Float64Array(scale);
  const i = sizes.findIndex((size) => !(size > 0 && size < Infinity));
  if (i >= 0) throw badOption(`scale[${i}]`, sizes[i], 'a finite number > 0');
  return sizes;
}
