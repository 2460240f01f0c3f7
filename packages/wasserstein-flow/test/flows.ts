import { run } from '@overparam/core';
import {
  conic,
  euclidean,
  explicit,
  forwardBackward,
  gaussian,
  ista,
  measureOracle,
  measureProblem,
  mirrorDescent,
  neurons,
  seeded,
  squared,
  squaredNorm,
  totalVariation,
  trigonometric,
  uniform,
  circle,
  type Flow,
  type FlowOptions,
  type FlowState,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';

/** A flow on a problem with data of its own. */
export interface FlowCase {
  readonly name: string;
  problem(seed: number): MeasureProblem;
  /** m particles that the flow may start from. */
  start(seed: number, m: number): Measure;
  make(problem: MeasureProblem, options: FlowOptions): Flow;
  /** A step that is short enough for a decrease. */
  readonly step: number;
}

const spikes = (seed: number): MeasureProblem => {
  const random = seeded(seed);
  const features = trigonometric({ cutoff: 3 });
  const data = Float64Array.from({ length: 3 }, () => 2 * Math.PI * uniform(random));
  const y = features.at({ rows: 3, columns: 1, data }).integrate(data.map(() => gaussian(random)));
  return measureProblem({ features, loss: squared(y), regularizer: totalVariation(0.1), domain: circle() });
};

const network = (seed: number): MeasureProblem => {
  const random = seeded(seed);
  const inputs = Array.from({ length: 8 }, () => [gaussian(random), gaussian(random)]);
  return measureProblem({
    features: neurons({ inputs, activation: 'relu' }),
    loss: squared(
      inputs.map(() => gaussian(random)),
      { scale: 1 / 8 },
    ),
    regularizer: squaredNorm(0.01),
    domain: euclidean(2),
  });
};

const onCircle = (seed: number, m: number): Measure => {
  const random = seeded(seed);
  const positions = Array.from({ length: m }, () => [2 * Math.PI * uniform(random)]);
  // Away from 0, where the total variation has its kink.
  return { positions, weights: positions.map((_, i) => ((i % 2 ? 1 : -1) * (0.3 + uniform(random))) / m) };
};

const inPlane = (seed: number, m: number): Measure => {
  const random = seeded(seed);
  const positions = Array.from({ length: m }, () => [gaussian(random), gaussian(random)]);
  return { positions, weights: positions.map(() => gaussian(random) / m) };
};

const conics = (['mirror', 'canonical', 'geodesic'] as const).map((retraction): FlowCase => ({
  name: `conic, ${retraction}`,
  problem: spikes,
  start: onCircle,
  make: (problem, options) => conic(problem, { alpha: 0.5, beta: 0.05, retraction, ...options }),
  step: 0.01,
}));

/** All flows, each on a problem that suits it. */
export const flowCases: readonly FlowCase[] = [
  { name: 'explicit', problem: spikes, start: onCircle, make: explicit, step: 1e-3 },
  { name: 'explicit, weight decay', problem: network, start: inPlane, make: explicit, step: 0.01 },
  { name: 'forward-backward', problem: spikes, start: onCircle, make: forwardBackward, step: 1e-3 },
  { name: 'forward-backward, weight decay', problem: network, start: inPlane, make: forwardBackward, step: 0.01 },
  ...conics,
  {
    name: 'Fisher-Rao',
    problem: spikes,
    start: onCircle,
    make: (problem, options) => conic(problem, { alpha: 0.5, beta: 0, ...options }),
    step: 0.01,
  },
  {
    name: 'transport alone',
    problem: spikes,
    start: onCircle,
    make: (problem, options) => conic(problem, { alpha: 0, beta: 0.1, ...options }),
    step: 0.01,
  },
  { name: 'mirror descent', problem: spikes, start: onCircle, make: mirrorDescent, step: 0.01 },
  { name: 'ista', problem: spikes, start: onCircle, make: ista, step: 0.01 },
];

/** The states before each step and after the last, and the reports. */
export function path(flow: Flow, problem: MeasureProblem, steps: number) {
  const oracle = measureOracle(problem);
  const states: FlowState[] = [flow.init()];
  const reports = Array.from({ length: steps }, () => {
    const { state, report } = run(flow, oracle, states.at(-1)!);
    states.push(state);
    return report;
  });
  return { states, reports };
}
