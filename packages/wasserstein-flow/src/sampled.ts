import { type Housekeeping, type MeasureOracle, OverparamError, type Variation } from '@overparam/core';
import { measureOracle } from './measure-oracle.ts';
import { type MeasureProblem } from './problem.ts';
import { seeded, type Random } from './random.ts';

/**
 * An R that is an expectation: each batch number stands for a batch drawn anew, and the same number for the same one. Flows
 * with `stochastic` ask by number.
 *
 * @param draw the features and the loss of a batch, from a generator that is seeded with its number
 */
export function sampled(
  draw: (random: Random) => Pick<MeasureProblem, 'features' | 'loss'>,
): MeasureOracle & Housekeeping {
  return {
    name: 'the sampled float64 oracle',
    variation(mu, { batch, ...request } = {}): Variation {
      if (batch === undefined)
        throw new OverparamError(
          'BAD_OPTION',
          'This oracle draws a batch for each question: make the flow stochastic.',
        );
      return measureOracle(draw(seeded(batch))).variation(mu, request);
    },
  };
}
