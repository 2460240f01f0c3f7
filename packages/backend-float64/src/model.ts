import type { Matrix } from '@overparam/core';
import type { Modules, Range } from './modules.ts';

/**
 * The outputs of a model at one point, and their derivative J there, N C x P: row n C + k belongs to output k of sample
 * n. All of it is computed when it is first asked for. What has parameter size is P long, whatever the ranges.
 */
export interface Tangent {
  /** N x C */
  readonly outputs: Matrix;
  /** J^T u for u of N x C, zero outside the ranges. */
  pull(u: Matrix, ranges: readonly Range[]): Float64Array;
  /** J v, N x C; v is zero outside the ranges. */
  push(v: Float64Array, ranges: readonly Range[]): Matrix;
  /** J diag(weights) J^T over the ranges, in the rows of these samples; weights are 1 when absent. */
  kernel(ranges: readonly Range[], samples?: readonly number[], weights?: Float64Array): Matrix;
  /** The diagonal of J^T J, zero outside the ranges. */
  squaredColumnNorms(ranges: readonly Range[]): Float64Array;
  /** J, the columns of the ranges. */
  jacobian(ranges: readonly Range[]): Matrix;
}

/** A parametric map, from P parameters to N x C outputs. */
export interface Model {
  /** N */
  readonly samples: number;
  /** C */
  readonly outputs: number;
  /** P */
  readonly parameters: number;
  /** Names for ranges of trained parameters. What is in no module is not trained. */
  readonly modules: Modules;
  at(w: Float64Array): Tangent;
  /** The same model at these samples only, for mini-batches. */
  take?(samples: readonly number[]): Model;
}
