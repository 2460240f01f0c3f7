import { type Matrix } from '@overparam/core';

/** phi: Theta -> R^N, as an operator on measures and its adjoint on R^N. */
export interface Features {
  /** As messages name them. */
  readonly name: string;
  /** d, of a point. */
  readonly dimension: number;
  /** N, of phi(x). */
  readonly size: number;
  /** phi at the n rows of a matrix. */
  at(points: Matrix): FeaturesAt;
  /** True where phi(c x) = c phi(x) for c > 0: then particles can be brought to the sphere. */
  readonly homogeneous?: boolean;
  /** Where <r, phi> is a trigonometric polynomial for all r: its degree in each variable, and the period of these. */
  readonly trigonometric?: { readonly degree: number; readonly period: number };
}

/** phi at points x_1..x_n. */
export interface FeaturesAt {
  /** sum_i a_i phi(x_i), N numbers; in `out`, which may be used if it is given. */
  integrate(a: Float64Array, out?: Float64Array): Float64Array;
  /** sum_i <v_i, grad> phi(x_i), N numbers, for v of n x d. */
  derive(v: Matrix): Float64Array;
  /** The adjoint of both: <r, phi(x_i)>, and its gradients in x_i, n x d. */
  pair(r: Float64Array): { readonly values: Float64Array; readonly gradients: Matrix };
}
