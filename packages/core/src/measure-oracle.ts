import type { Matrix } from './matrix.ts';
import type { Answer } from './oracle.ts';

/** mu = sum_i weights[i] delta(row i of positions): m particles in d dimensions. */
export interface Particles {
  /** m x d */
  readonly positions: Matrix;
  readonly weights: Float64Array;
}

export interface VariationRequest {
  /** n x d: where; the particles' own positions when absent, and R alone for a matrix without rows. */
  readonly points?: Matrix;
  /** For an R that is an expectation: which batch; the same number means the same data. */
  readonly batch?: number;
}

/** R at mu, and its first variation R'(mu) at some points. */
export interface Variation {
  /** R(mu) */
  readonly potential: number;
  /** R'(mu)(x), n numbers; <R'(y), phi(x)> where R depends on y = integral phi dmu. */
  readonly values: Float64Array;
  /** Its derivatives in x, n x d. */
  readonly gradients: Matrix;
}

/**
 * What methods may ask about a function R of measures. Here the unknown is small, so it crosses: the method's state holds
 * the measure, the oracle keeps none, and a failed step has nothing to undo. One question serves a flow, which asks at
 * the particles, and a certificate, which asks anywhere.
 */
export interface MeasureOracle {
  variation(mu: Particles, request?: VariationRequest): Answer<Variation>;
}

/** For convex R, and certificates. */
export interface DualMeasureOracle extends MeasureOracle {
  /** R(mu) + R*(scale R'(mu)) - scale <R'(mu), mu>, which is >= 0, for scale from 0 to 1: Fenchel and Young. */
  fenchelYoung(mu: Particles, scale: number): Answer<number>;
}
