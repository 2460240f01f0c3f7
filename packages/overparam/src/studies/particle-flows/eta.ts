import * as Plot from '@observablehq/plot';
import type { PlotOptions } from '@observablehq/plot';
import { measureOracle, type Measure, type MeasureProblem } from '@overparam/wasserstein-flow';
import { matrix } from '@overparam/linear-algebra';
import { colorOf, linearAxis } from '../../figures/index.ts';

/** eta = -R'(mu) / lambda at these points: mu is optimal where |eta| <= 1, and eta = sign(a_i) at its particles. */
export function etaAt(
  problem: MeasureProblem,
  { positions, weights }: Measure,
  points: readonly (readonly number[])[],
): readonly number[] {
  const rows = (list: readonly (readonly number[])[]) =>
    matrix(list.length, problem.domain.dimension, Float64Array.from(list.flat()));
  const { values } = measureOracle(problem).variation(
    { positions: rows(positions), weights: Float64Array.from(weights) },
    { points: rows(points) },
  );
  return Array.from(values, (value) => -value / problem.regularizer.lambda);
}

interface EtaCurve {
  readonly problem: MeasureProblem;
  readonly measure: Measure;
  /** The point of the domain that belongs to an x of the figure, and the other way round. */
  point(x: number): readonly number[];
  angle(point: readonly number[]): number;
  /** What x is. */
  readonly label: string;
}

const SAMPLES = 400;
/** The largest |eta| that a frame has room for: what is beyond lies at its edge. */
const HEIGHT = 2.5;

/** eta over an angle from 0 to 2 pi, the band |eta| <= 1, and the particles at their signs. */
export function etaCurve({ problem, measure, point, angle, label }: EtaCurve): PlotOptions {
  const angles = Array.from({ length: SAMPLES + 1 }, (_, i) => (2 * Math.PI * i) / SAMPLES);
  const eta = etaAt(problem, measure, angles.map(point));
  const heaviest = Math.max(...measure.weights.map(Math.abs));
  const support = measure.positions.flatMap((position, i) =>
    Math.abs(measure.weights[i]!) > 1e-3 * heaviest
      ? [{ x: angle(position), sign: Math.sign(measure.weights[i]!) }]
      : [],
  );
  return {
    x: { ...linearAxis('x', label), domain: [0, 2 * Math.PI] },
    y: { ...linearAxis('y', 'eta'), domain: [-HEIGHT, HEIGHT], clamp: true },
    marks: [
      Plot.areaY([0, 2 * Math.PI], { x: (x: number) => x, y1: -1, y2: 1, fill: 'var(--faint)', fillOpacity: 0.13 }),
      Plot.ruleY([-1, 1], { stroke: 'var(--faint)' }),
      Plot.lineY(angles, { x: (x: number) => x, y: eta, stroke: 'var(--ink)', strokeWidth: 1.6 }),
      Plot.dot(support, { x: 'x', y: 'sign', r: 3.5, fill: (one: { sign: number }) => colorOf(one.sign > 0 ? 0 : 1) }),
    ],
  };
}
