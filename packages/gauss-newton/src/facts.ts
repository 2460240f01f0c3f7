import { type Asking, type Inquiry, type Linearization } from '@overparam/core';
import { type Displacement, type Model } from './model.ts';
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

/**
 * @param oracle with `sizes` where they are wanted
 * @param scale the factor of the model's g over the loss's
 */
export function* factsOf(
  oracle: Pick<Asking<GaussNewtonOracle>, 'sizes'>,
  { largestGradient }: Model,
  { squaredGradientNorm }: Linearization,
  scale = 1,
): Inquiry<Facts> {
  const told = oracle.sizes ? yield* oracle.sizes() : null;
  const sizes = told && Object.values(told).every(Number.isFinite) ? told : null;
  return {
    gradientNorm: Math.sqrt(squaredGradientNorm),
    largestGradient: sizes?.largestGradient ?? (largestGradient === null ? null : largestGradient / scale),
    parameterNorm: sizes?.parameters ?? null,
    directionNorm: sizes?.direction ?? null,
  };
}

/** Whether f, its slope and its gradient are finite, and h is. */
export const isFinite = (
  { value, slope, squaredGradientNorm }: Linearization,
  { slope: linearised, squaredNorm }: Displacement,
): boolean => [value, slope, squaredGradientNorm, linearised, squaredNorm].every(Number.isFinite);
