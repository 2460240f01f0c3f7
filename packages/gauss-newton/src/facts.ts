import { type Asking, type Inquiry, type Linearization } from '@overparam/core';
import { type Model } from './model.ts';
import { type GaussNewtonOracle } from './oracle.ts';

/** What is known of sizes at a point, for reports and criteria. */
export interface Facts {
  /** |J^T g| */
  readonly gradientNorm: number;
  /** max_i |(J^T g)_i|, where it is known. */
  readonly largestGradient: number | null;
  /** |w|, where it is known. */
  readonly parameterNorm: number | null;
  /** |d|, where the oracle tells. */
  readonly directionNorm: number | null;
}

/** @param scale the factor of the model's g over the loss's */
export function* factsOf(
  oracle: Asking<GaussNewtonOracle>,
  { largestGradient }: Model,
  { squaredGradientNorm }: Linearization,
  scale = 1,
): Inquiry<Facts> {
  const sizes = oracle.sizes ? yield* oracle.sizes() : null;
  return {
    gradientNorm: Math.sqrt(squaredGradientNorm),
    largestGradient: sizes?.largestGradient ?? (largestGradient === null ? null : largestGradient / scale),
    parameterNorm: sizes?.parameters ?? null,
    directionNorm: sizes?.direction ?? null,
  };
}

export const isFinite = ({ value, slope, squaredGradientNorm }: Linearization): boolean =>
  Number.isFinite(value) && Number.isFinite(slope) && Number.isFinite(squaredGradientNorm);
