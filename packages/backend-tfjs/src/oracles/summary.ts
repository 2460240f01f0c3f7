import type { Tensor } from '@tensorflow/tfjs-core';
import type { Linearization, LinearizeRequest } from '@overparam/core';
import { readNumbers, type Quantity } from '../modules/parameters.ts';
import type { Reading } from '../recording/reading.ts';
import type { Linearized } from './linearization.ts';

/**
 * What `linearize` answers. A d that does not descend is replaced by what the current gradient brings of it, and by -g
 * where that does not descend either, unless the request takes d as it is.
 */
export function* summary(
  at: Linearized,
  f: Tensor,
  { descend = true, probes = true }: LinearizeRequest = {},
): Reading<Linearization> {
  const { g, u } = at;
  const steepest = u === g;
  const quantities: Quantity[] = [f, [g, u]];
  if (!steepest && probes) quantities.push([g, g]);
  const [value, descent, squaredGradientNorm = steepest ? descent : NaN] = (yield* readNumbers(quantities)) as [
    number,
    number,
    number?,
  ];
  if (steepest || !descend || descent > 0) return { value, slope: -descent, squaredGradientNorm };
  at.fallBack();
  let [fresh] = (yield* readNumbers([[g, at.u]])) as [number];
  if (!(fresh > 0) && at.u !== g) {
    at.fallBackToGradient();
    [fresh] = (yield* readNumbers([[g, g]])) as [number];
  }
  return { value, slope: -fresh, squaredGradientNorm, fellBack: true };
}
