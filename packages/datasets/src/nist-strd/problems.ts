import type { Matrix } from '@overparam/core';
import type { NistStrd } from '../read-nist-strd.ts';
import { data } from './data.ts';
import { models, type NistModel } from './models.ts';

/** A data set with its model: a problem of nonlinear least squares with a certified solution. */
export interface NistProblem extends NistStrd, NistModel {
  /** f(b; x_i) - y_i, N numbers. */
  residuals(b: ArrayLike<number>): Float64Array;
  /** The derivative of the residuals, N x P. */
  jacobian(b: ArrayLike<number>): Matrix;
}

/**
 * The 27 problems of nonlinear regression of NIST's Statistical Reference Datasets. Nelson's response is here the
 * logarithm that its model is of.
 */
export const nistStrd: readonly NistProblem[] = data.map((set) => {
  const { name, predictors, certified } = set;
  const model = models[name]!;
  const response = name === 'Nelson' ? set.response.map(Math.log) : set.response;
  const xs = response.map((_, i) => predictors.map((column) => column[i]!));
  return {
    ...set,
    ...model,
    response,
    residuals: (b) => Float64Array.from(xs, (x, i) => model.value(b, x) - response[i]!),
    jacobian: (b) => ({
      rows: xs.length,
      columns: certified.length,
      data: Float64Array.from(xs.flatMap((x) => model.gradient(b, x))),
    }),
  };
});
