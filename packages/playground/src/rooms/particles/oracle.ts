import {
  certify,
  deconvolution1d,
  measureOracle,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import type { Look, ParticleSettings, ParticlesOracle } from './questions.ts';

const points = 241;
const grid = {
  rows: points,
  columns: 1,
  data: Float64Array.from({ length: points }, (_, i) => (2 * Math.PI * i) / (points - 1)),
};

/** Spikes on the circle, seen through frequencies up to 4. */
export function make({ truth, lambda }: ParticleSettings): ParticlesOracle {
  let problem!: MeasureProblem;
  let oracle!: ReturnType<typeof measureOracle>;
  const aim = (truth: Measure): void => {
    problem = deconvolution1d({ truth, lambda });
    oracle = measureOracle(problem);
  };
  aim(truth);
  return {
    aim,
    variation: (...about) => oracle.variation(...about),
    fenchelYoung: (...about) => oracle.fenchelYoung(...about),
    look(measure): Look {
      const certificate = certify(problem, measure);
      const mu = {
        positions: { rows: measure.weights.length, columns: 1, data: Float64Array.from(measure.positions.flat()) },
        weights: Float64Array.from(measure.weights),
      };
      const { values } = oracle.variation(mu, { points: grid });
      return { certificate, eta: values.map((value) => -value / lambda) };
    },
  };
}
