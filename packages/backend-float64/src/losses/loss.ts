import { badOption, OverparamError, withDefaults, type Matrix } from '@overparam/core';
import { finite, mismatch } from '../check.ts';

/** L, a sum over samples of a function of their outputs; the targets are inside. */
export interface Loss {
  readonly name: string;
  /** L of N x C outputs. */
  value(outputs: Matrix): number;
  /** dL / d outputs, N x C. */
  gradient(outputs: Matrix): Matrix;
  /**
   * N C x C: one below the other the blocks S_n with S_n S_n^T the Hessian of L in the outputs of sample n, or the
   * positive semi-definite matrix nearest to it where L is not convex.
   */
  hessianFactor(outputs: Matrix): Matrix;
  /** The addends of L, one per sample: what `sampleLosses` is answered from. */
  terms?(outputs: Matrix): Float64Array;
  /** The shape of the outputs that it takes, where the targets say it. */
  readonly shape?: { readonly samples: number; readonly outputs?: number };
  /** The same loss of these samples only, for mini-batches; a mean is then the mean over them. */
  take?(samples: readonly number[]): Loss;
}

export interface LossOptions {
  /** s_n >= 0, one per sample: L = sum_n s_n l_n. Absent: 1. */
  readonly weights?: ArrayLike<number> | undefined;
  /** 'mean' divides by N, also where there are weights. */
  readonly reduction?: 'mean' | 'sum';
}

/**
 * The factors s_n, or s_n / N, of the loss of that name.
 * @throws OverparamError `UNKNOWN_OPTION`, `BAD_OPTION`, `SHAPE_MISMATCH`, `NOT_FINITE`
 */
export function sampleWeights(loss: string, samples: number, options: LossOptions): Float64Array {
  const { weights, reduction } = withDefaults<LossOptions>(loss, { weights: undefined, reduction: 'mean' }, options);
  if (weights && weights.length !== samples)
    throw mismatch(`There are ${weights.length} weights and ${samples} samples.`);
  if (reduction !== 'mean' && reduction !== 'sum') throw badOption('reduction', reduction, "'mean' or 'sum'");
  const s = finite('The weight', weights ? Float64Array.from(weights) : new Float64Array(samples).fill(1));
  const negative = s.findIndex((x) => x < 0);
  if (negative >= 0) throw badOption(`weights[${negative}]`, s[negative], 'zero or more');
  return reduction === 'mean' ? s.map((x) => x / samples) : s;
}

/** The targets as N x C numbers: a matrix, or a vector for one output. */
export function targetMatrix(targets: Matrix | ArrayLike<number>): Matrix {
  const given = 'rows' in targets ? targets : { rows: targets.length, columns: 1, data: Float64Array.from(targets) };
  if (!(given.rows >= 1 && given.columns >= 1) || given.data.length !== given.rows * given.columns)
    throw mismatch(`The targets are ${given.rows} x ${given.columns}: there must be one sample or more.`);
  return { ...given, data: finite('The target', Float64Array.from(given.data)) };
}

/** The options for these samples. */
export const takenOptions = <Options extends LossOptions>(options: Options, samples: readonly number[]): Options =>
  options.weights ? { ...options, weights: samples.map((n) => options.weights![n]!) } : options;

export function checkOutputs({ rows, columns }: Matrix, targets: Matrix): void {
  if (rows !== targets.rows || columns !== targets.columns)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `The outputs are ${rows} x ${columns}, and the targets ${targets.rows} x ${targets.columns}.`,
    );
}
