import type { MeasureOracle, Particles } from '@overparam/core';
import { dot } from './vector.ts';

/** mu = sum_i weights[i] delta(positions[i]) */
export interface FlowMeasure {
  readonly positions: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** R(mu) = |integral phi dmu - target|^2 / 2 with phi(x) = (cos x_k, sin x_k, cos 2 x_k, sin 2 x_k) for each axis k. */
export interface MeasureProblem {
  /** What mu has to look like: four numbers for each axis. */
  readonly target: readonly number[];
}

const features = (x: readonly number[]): number[] =>
  x.flatMap((t) => [Math.cos(t), Math.sin(t), Math.cos(2 * t), Math.sin(2 * t)]);

const derivatives = (t: number): number[] => [-Math.sin(t), Math.cos(t), -2 * Math.sin(2 * t), 2 * Math.cos(2 * t)];

/** The residual of phi. */
function residual({ target }: MeasureProblem, { positions, weights }: FlowMeasure): number[] {
  const r = target.map((y) => -y);
  positions.forEach((x, i) => features(x).forEach((phi, k) => (r[k]! += weights[i]! * phi)));
  return r;
}

const pointsOf = ({ rows, columns, data }: Particles['positions']): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));

/** R(mu) */
export const potential = (problem: MeasureProblem, mu: FlowMeasure): number => {
  const r = residual(problem, mu);
  return dot(r, r) / 2;
};

/** Answers exactly, in float64. */
export function exactMeasureOracle(problem: MeasureProblem): MeasureOracle {
  return {
    variation({ positions, weights }, { points = positions } = {}) {
      const r = residual(problem, { positions: pointsOf(positions), weights: Array.from(weights) });
      const at = pointsOf(points);
      return {
        potential: dot(r, r) / 2,
        values: Float64Array.from(at, (x) => dot(features(x), r)),
        gradients: {
          rows: points.rows,
          columns: points.columns,
          data: Float64Array.from(at.flatMap((x) => x.map((t, k) => dot(derivatives(t), r.slice(4 * k, 4 * k + 4))))),
        },
      };
    },
  };
}
