import { type Inquiry } from '@overparam/core';
import { times, transposedTimes } from './blocks.ts';
import { type LossModel } from './loss-model.ts';
import { type Target } from './target.ts';
import { plus, scaled } from './vector.ts';

/** The two things to do with a tangent kernel K. */
export interface DualParts {
  /** b -> (S^T K S + eps I)^-1 b */
  readonly solve: (b: Float64Array) => Inquiry<Float64Array>;
  /** x -> K x */
  readonly apply: (x: Float64Array) => Inquiry<Float64Array>;
}

/**
 * z of the minimiser h = J^T z of g . J h + |S^T J h|^2 / 2 + eps |h|^2 / 2:
 *
 *     z = -(H K + eps I)^-1 g,  by  (S^T K S + eps I) y = u,  z = -S y   where g = S u
 *
 * For the part of g that S does not reach, Woodbury's identity gives z = -(rest - S y) / eps with
 * (S^T K S + eps I) y = S^T K rest; for eps = 0 that part has no minimiser, and is left out.
 * arXiv 2302.02904, where H = I.
 */
export function* dualStep(
  { S }: LossModel,
  { u, rest }: Target,
  eps: number,
  { solve, apply }: DualParts,
): Inquiry<Float64Array> {
  const z = scaled(-1, times(S, yield* solve(u)));
  if (!rest || !(eps > 0)) return z;
  const y = yield* solve(transposedTimes(S, yield* apply(rest)));
  return plus(z, -1 / eps, plus(rest, -1, times(S, y)));
}
