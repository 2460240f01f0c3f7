import { type Matrix } from '@overparam/core';
import { type Blocks } from './blocks.ts';
import { targetOf, type Target } from './target.ts';
import { scaled } from './vector.ts';

/** The loss to second order in the outputs: L + g . df + |S^T df|^2 / 2. */
export interface LossModel {
  /** How many outputs a sample has. */
  readonly C: number;
  /** dL / d outputs, N C */
  readonly g: Float64Array;
  readonly S: Blocks;
  /** g = S u + rest */
  readonly target: Target;
}

/** @param scale of the loss: the model is that of scale L, for a Hessian that is taken for scale L's. */
export function lossModel(gradient: Matrix, S: Blocks, scale = 1): LossModel {
  const g = scaled(scale, gradient.data);
  return { C: gradient.columns, g, S, target: targetOf(S, g) };
}
