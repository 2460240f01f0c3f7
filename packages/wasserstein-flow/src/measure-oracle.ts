import { type DualMeasureOracle, type Housekeeping, type Variation } from '@overparam/core';
import { fenchelYoung } from './losses/loss.ts';
import { type MeasureProblem } from './problem.ts';

/** A {@link DualMeasureOracle} that answers at once, as the float64 ones of this package do. */
export interface ExactMeasureOracle extends DualMeasureOracle, Housekeeping {
  variation(...about: Parameters<DualMeasureOracle['variation']>): Variation;
  fenchelYoung(...about: Parameters<DualMeasureOracle['fenchelYoung']>): number;
}

/** Answers for R(integral phi dmu) in float64. */
export function measureOracle({ features, loss }: Pick<MeasureProblem, 'features' | 'loss'>): ExactMeasureOracle {
  // Scratch: nothing of a question outlives its answer.
  const outputs = new Float64Array(features.size);
  const derivative = new Float64Array(features.size);
  return {
    name: 'the float64 oracle',
    variation({ positions, weights }, { points } = {}) {
      const own = features.at(positions);
      const y = own.integrate(weights, outputs);
      const potential = loss.value(y);
      if (points?.rows === 0) return { potential, values: new Float64Array(0), gradients: points };
      const { values, gradients } = (points ? features.at(points) : own).pair(loss.derivative(y, derivative));
      return { potential, values, gradients };
    },
    fenchelYoung: ({ positions, weights }, scale) =>
      fenchelYoung(loss, features.at(positions).integrate(weights), scale),
  };
}
