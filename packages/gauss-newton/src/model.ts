import { type Inquiry, type Matrix } from '@overparam/core';
import { transposedTimes } from './blocks.ts';
import { type LossModel } from './loss-model.ts';
import { type Target } from './target.ts';
import { dot } from './vector.ts';

/** How the quadratic model is regularised. */
export interface Shift {
  /** eps: adds eps |h|^2 / 2; 0 takes the minimiser of least norm. */
  readonly eps: number;
  /** With eps = 0: eigenvalues of at most cut sigma_max count as zero. Machine precision when absent. */
  readonly cut?: number;
}

/** A displacement h of the parameters, and what it does to the linearised outputs. */
export interface Displacement {
  /** z, N x C, of h = J^T z (D^-1 J^T z under a scaling); or h itself, of P numbers. */
  readonly from: Matrix | Float64Array;
  /** J h, N C */
  readonly outputs: Float64Array;
  /** <g, h> */
  readonly slope: number;
  /** |S^T J h|^2 */
  readonly curvature: number;
  /** |h|^2, or h^T D h under a scaling. */
  readonly squaredNorm: number;
  /** Of a linear solver that iterates. */
  readonly iterations: number;
  /** Where such a solver had better start at the next point. */
  readonly restart: Float64Array | null;
}

/**
 * The quadratic model of the loss in the parameters, g . J h + |S^T J h|^2 / 2, and how it is minimised. It holds what
 * the oracle told, so that several dampings cost one kernel.
 */
export interface Model {
  readonly form: 'dual' | 'primal' | 'cg';
  readonly loss: LossModel;
  /** null where there is no kernel to have one. */
  readonly spectrum: Spectrum | null;
  /** max_i |(J^T g)_i|, where J is known. */
  readonly largestGradient: number | null;
  /** max_i (J^T H J)_ii, with D^-1/2 on both sides under a scaling, where J is known. */
  readonly largestColumn: number | null;
  /** The displacement from the numbers of `from`, when J h is known. */
  displacement(from: Float64Array, outputs: Float64Array): Displacement;
  /** argmin_h of the model plus eps |h|^2 / 2, with `target` in the place of g; from `start`, for a solver that iterates. */
  minimise(shift: Shift, target: Target, start?: Float64Array): Inquiry<Displacement>;
}

/** Of S^T J J^T S, N C x N C; eigenvalues below zero, which rounding may bring about, are taken for zero. */
export interface Spectrum {
  sigmaMin(): number;
  sigmaMax(): number;
  trace(): number;
  /** What has been computed by now. */
  known(): { readonly sigmaMin: number | null; readonly sigmaMax: number | null };
}

/** A displacement, from what is particular to the form of the model. */
export function displacement(
  { S, g }: LossModel,
  at: Pick<Displacement, 'from' | 'outputs' | 'squaredNorm'> & Partial<Displacement>,
): Displacement {
  const StJh = transposedTimes(S, at.outputs);
  return {
    slope: dot(g, at.outputs),
    curvature: dot(StJh, StJh),
    iterations: 0,
    restart: null,
    ...at,
    // A kernel that rounding has made not quite positive semi-definite may say less than 0.
    squaredNorm: Math.max(at.squaredNorm, 0),
  };
}
