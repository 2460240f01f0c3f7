import { type Asking, type Inquiry } from '@overparam/core';
import { transposedTimes } from './blocks.ts';
import { type Displacement, type Model } from './model.ts';
import { type GaussNewtonOracle } from './oracle.ts';
import { type Target } from './target.ts';
import { dot, plus } from './vector.ts';

/**
 * The momentum of SPRING, phi_k = m phi_{k-1} + J^T S (S^T K S + eps I)^-1 (u - m S^T J phi_{k-1}), in terms of what the
 * oracle keeps: phi_{k-1} = -delta / lambda_{k-1}, with delta = w_k - w_{k-1}. Then d = -phi_k = factor delta + J^T z with
 * factor = m / lambda_{k-1}.
 * Goldshlager, Abrahamsen and Lin, arXiv 2401.10190, Algorithm 1.
 */
export interface Momentum {
  readonly factor: number;
  /** J delta, N C */
  readonly outputs: Float64Array;
  /** |delta| */
  readonly norm: number;
}

/** @param state of the step before; where it did not move, there is no momentum */
export function* momentumOf(
  oracle: Asking<GaussNewtonOracle>,
  m: number,
  { step, stepNorm }: { readonly step: number; readonly stepNorm: number },
): Inquiry<Momentum | null> {
  if (m === 0) return null;
  // Asked at the first step too, where it is zero: from then on the oracle keeps the point before.
  const { data } = yield* oracle.displacementProduct!();
  return step > 0 ? { factor: m / step, outputs: data, norm: stepNorm } : null;
}

/** The linear term that J^T z minimises for: the model, from factor delta on. */
export const ahead = ({ loss }: Model, { factor, outputs }: Momentum): Target => ({
  u: plus(loss.target.u, factor, transposedTimes(loss.S, outputs)),
  rest: loss.target.rest,
});

/** |factor delta + J^T z| */
export function normWith({ from, squaredNorm }: Displacement, momentum: Momentum | null): number {
  if (!momentum || from instanceof Float64Array) return Math.sqrt(squaredNorm);
  const { factor, outputs, norm } = momentum;
  return Math.sqrt(Math.max(squaredNorm + 2 * factor * dot(outputs, from.data) + (factor * norm) ** 2, 0));
}
