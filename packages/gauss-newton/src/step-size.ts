import { badOption, type Dimensions } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { type Curvature } from './linearise.ts';

export interface StepSizeOptions {
  /** The factor of the step, lambda. */
  readonly lambda?: number | null;
  /**
   * The fraction of the full step of a loss that is a mean over the samples: lambda = gamma N where H = I, and
   * lambda = gamma where H is the Hessian of the loss, which has the 1/N inside.
   */
  readonly gamma?: number | null;
}

/**
 * lambda, from lambda or gamma.
 * @throws OverparamError `BAD_OPTION`
 */
export function stepSize(
  { lambda, gamma }: Required<StepSizeOptions>,
  { curvature, fallback }: { readonly curvature: Curvature; readonly fallback: number },
): (dimensions: Dimensions) => number {
  if (lambda !== null && gamma !== null)
    throw badOption('gamma', gamma, `null where lambda is given (${lambda}): gamma stands for lambda / N`);
  const finite = (name: string, value: number): number => {
    if (value === Infinity) throw badOption(name, value, 'a finite number > 0');
    return positive(name, value);
  };
  if (lambda !== null) {
    finite('lambda', lambda);
    return () => lambda;
  }
  const fraction = finite('gamma', gamma ?? fallback);
  return curvature === 'identity' ? ({ samples }) => fraction * samples : () => fraction;
}
