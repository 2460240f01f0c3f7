import { isOverparamError } from '@overparam/core';
import { heldBy, largestCosine, type Box } from './box.ts';
import { dampedSteps, type DampedStep } from './damped-step.ts';
import type { DifferenceHints } from './differences.ts';
import type { Linearization } from './linearization.ts';
import type { Evaluation, LeastSquaresProblem } from './problem.ts';
import { columnLengths } from './triangular-model.ts';

/** A point, the linear model there, and what follows from both. */
export interface Iterate {
  readonly at: Evaluation;
  readonly local: Linearization;
  /** The largest cosine between residuals and columns of the Jacobian. */
  readonly cosine: number;
  /** C */
  readonly lengths: Float64Array;
  /** Whether differences looked for an effect of each parameter with all steps. */
  readonly thorough: boolean;
}

export function iterateOf(problem: LeastSquaresProblem, box: Box, at: Evaluation, hints: DifferenceHints): Iterate {
  const local = problem.linearize(at, hints);
  const lengths = columnLengths(local.model);
  return { at, local, cosine: largestCosine(box, at.x, local, lengths), lengths, thorough: hints.thorough };
}

/**
 * What finite differences at x know from the columns of J so far: a parameter that is about zero has no size that says by how much
 * to change it, so that it counts as a thousandth of |C x| / C_j at least; and |r| / C_j changes the residuals by their own size.
 */
export function hintsFrom({ lengths, at: { cost } }: Iterate, x: Float64Array, thorough: boolean): DifferenceHints {
  const whole = weightedNorm(lengths, x);
  const size = Math.sqrt(2 * cost);
  return {
    least: lengths.map((length) => (length > 0 ? (1e-3 * whole) / length : 0)),
    reach: lengths.map((length) => (length > 0 ? size / length : 0)),
    thorough,
  };
}

/** The step without damping. What it promises is seen in the scales that columns have now: under older, larger ones they may be lost. */
export function fullStep({ local, lengths, at: { x } }: Iterate, box: Box, D: Float64Array): DampedStep {
  const full = dampedSteps(local, lengths.map((length) => length || 1), x, box)(0); // prettier-ignore
  return { ...full, norm: weightedNorm(D, full.to.map((to, j) => to - x[j]!)) }; // prettier-ignore
}

/** |D^-1 g|, without parameters that a bound holds. */
export function freeNorm(box: Box, { at: { x }, local: { g } }: Iterate, D: Float64Array): number {
  const held = heldBy(box, x, g);
  return Math.hypot(...g.map((gj, j) => (held[j] === 0 ? gj / D[j]! : 0)));
}

export const weightedNorm = (weights: Float64Array, x: Float64Array): number =>
  Math.hypot(...x.map((xj, j) => weights[j]! * xj));

/** By how much rounding may change F: a few eps sum_i |r_i| (|r_i| + sum_j |J_ij x_j|). */
export function rounding({ at: { x }, local: { scaledJ, scaledR } }: Iterate): number {
  const { rows, columns, data } = scaledJ;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const r = Math.abs(scaledR[i]!);
    let size = r;
    for (let j = 0; j < columns; j++) size += Math.abs(data[i * columns + j]! * x[j]!);
    sum += r * size;
  }
  return 16 * Number.EPSILON * sum;
}

/** Undefined where derivatives are not finite: the trial is then refused. */
export function finiteOrNone(iterate: () => Iterate): Iterate | undefined {
  try {
    return iterate();
  } catch (error) {
    if (isOverparamError(error, 'NOT_FINITE')) return undefined;
    throw error;
  }
}
