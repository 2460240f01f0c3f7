import type { Answer, Oracle } from './oracle.ts';

/**
 * Directions at the last linearization: `gradient` is -g; `preconditioned` is -P g, with the preconditioner of the
 * direction rule and no momentum; `momentum` is -P m, with both. None of them changes when `linearize` falls back.
 */
export type DirectionName = 'gradient' | 'preconditioned' | 'momentum';

export interface DirectionSummary {
  /** <g, v> */
  readonly slope: number;
  /** |v|^2 */
  readonly squaredNorm: number;
}

/** For methods that search along one direction and fall back to, or finish along, another. */
export interface DirectionalOracle extends Oracle {
  direction(name: DirectionName): Answer<DirectionSummary>;
  /** f(w + step v) on the data and randomness of the last `linearize`; w does not move. */
  probeAlong(name: DirectionName, step: number): Answer<number>;
  /** w <- w + step v */
  moveAlong(name: DirectionName, step: number): Answer<void>;
}

export interface TrialLinearization {
  /** f(w + step d) */
  readonly value: number;
  /** <g(w + step d), d> */
  readonly slope: number;
  /** |g(w + step d)|^2 */
  readonly squaredGradientNorm: number;
  /** |g(w + step d) - g(w)|^2 */
  readonly squaredGradientChange: number;
}

/** For methods that need a gradient at a trial point. */
export interface TrialGradientOracle extends Oracle {
  /** Linearizes at w + step d, on the data and randomness of the last `linearize`; neither w, g nor d changes. */
  probeGradient(step: number): Answer<TrialLinearization>;
  /** w <- w - step g', with g' the gradient of the last `probeGradient` (an extragradient step). */
  moveExtragradient(step: number): Answer<void>;
  /** f where `moveExtragradient` would move to, on the data and randomness of the last `linearize`; w does not move. */
  probeExtragradient?(step: number): Answer<number>;
}

/** For methods that extrapolate from the points before. The oracle keeps those points, from the first such question on. */
export interface AcceleratedOracle extends Oracle {
  /** w_{k+1} <- w_k + step d + momentum (w_k - w_{k-1}), where w_{-1} = w_0. */
  moveHeavyBall(step: number, momentum: number): Answer<void>;
  /** y_{k+1} <- w_k + step d;  w_{k+1} <- (1 - tau) y_{k+1} + tau y_k, where y_0 = w_0. */
  moveNesterov(step: number, tau: number): Answer<void>;
  /** f where `moveHeavyBall` would move to, on the data and randomness of the last `linearize`; w does not move. */
  probeHeavyBall?(step: number, momentum: number): Answer<number>;
  /** f where `moveNesterov` would move to, likewise. */
  probeNesterov?(step: number, tau: number): Answer<number>;
}

export interface SampleLosses {
  /** Which samples of the data set the batch holds. */
  readonly samples: readonly number[];
  /** l_j(w), one per sample of the batch; their mean is f(w). */
  readonly losses: readonly number[];
}

/** For methods that remember the loss of every sample. */
export interface SampleLossOracle extends Oracle {
  sampleLosses(): Answer<SampleLosses>;
}

/**
 * For methods whose last point is noisy. Beside w the oracle keeps an average of points, which is w itself until it is
 * first asked for.
 */
export interface AveragingOracle extends Oracle {
  /** When the step moves to w': average <- average + weight (w' - average). 0 <= weight <= 1; asked before the move. */
  average(weight: number): Answer<void>;
}
