import { run, type Housekeeping, type MeasureOracle } from '@overparam/core';
import { ldlt, matrix, solveLdlt } from '@overparam/linear-algebra';
import {
  conic,
  deconvolution2d,
  energy,
  euclidean,
  explicit,
  fista,
  measureOracle,
  onSphere,
  scattered,
  seeded,
  solve,
  torus,
  uniform,
  unregularized,
  type Flow,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { reluPopulation } from '../particle-flows/relu-population.ts';
import { teacherOf } from '../particle-flows/teacher.ts';

/** m particles on a problem of m0: by the flow, and by its convex counterpart, where weights alone move. */
export interface Contest {
  readonly flow: Flow;
  readonly oracle: MeasureOracle & Housekeeping;
  /** (F - min F) / (F(0) - min F) */
  excess(measure: Measure): number;
  /** The least excess that weights alone can reach, at the positions where the flow begins. */
  convex(): number;
  /** How many particles the optimum has. */
  readonly simplest: number;
}

export interface ContestOptions {
  readonly m0: number;
  readonly m: number;
  readonly seed: number;
}

/** Frequencies up to that, in each direction: 25 features. */
const CUTOFF = 2;

/** J, its value at 0 and its minimum, for positive spikes at random on the torus, of mass 1 in all. */
async function deconvolutionProblem(m0: number, seed: number, lambda: number) {
  const random = seeded(seed);
  const domain = torus(2);
  const separation = Math.min(1, 3 / Math.sqrt(m0));
  const positions: number[][] = [];
  while (positions.length < m0) {
    const x = domain.random(random);
    if (positions.every((other) => domain.distance(x, other) >= separation)) positions.push(x);
  }
  const sizes = positions.map(() => 0.5 + uniform(random));
  const total = sizes.reduce((sum, v) => sum + v, 0);
  const weights = sizes.map((v) => v / total);
  const problem = deconvolution2d({ truth: { positions, weights }, cutoff: CUTOFF, lambda });
  const { certificate, measure } = await solve(problem, { gap: 1e-12, relative: true });
  const zero = energy(problem, { positions: [], weights: [] });
  return { problem, zero, minimum: certificate.objective - certificate.gap, spikes: measure.weights.length };
}

/** Sparse deconvolution on the torus: the conic flow from small weights at random positions, against FISTA at these. */
export async function deconvolutionContest({ m0, m, seed }: ContestOptions, lambda: number): Promise<Contest> {
  const { problem, zero, minimum, spikes } = await deconvolutionProblem(m0, seed, lambda);
  const start = scattered({ domain: problem.domain, particles: m, weight: START, seed: 1000 + seed });
  const excess = (measure: Measure): number => (energy(problem, measure) - minimum) / (zero - minimum);
  return {
    flow: conic(problem, { start, step: 'lipschitz' }),
    oracle: measureOracle(problem),
    excess,
    convex: () => excess(lasso(problem, start)),
    simplest: spikes,
  };
}

/** The mass at the start: a fifth of that of the spikes. */
const START = 0.2;
const FISTA_STEPS = 5000;

/** min J over weights at these positions. */
function lasso(problem: MeasureProblem, start: Measure): Measure {
  // L <= K(0) = N, with the 1/m of the particles.
  const method = fista(problem, { start, step: 1 / problem.features.size });
  const oracle = measureOracle(problem);
  let state = method.init();
  for (let k = 0; k < FISTA_STEPS; k++) ({ state } = run(method, oracle, state));
  return method.measure(state);
}

/** A relu network that learns a teacher: gradient flow on the population loss, against the best output layer. */
export function reluContest({ m0, m, seed }: ContestOptions, inputs: number): Contest {
  const teacher = teacherOf(seeded(seed), { neurons: m0, inputs, signed: true });
  const oracle = reluPopulation({ teacher, secondMoment: 1 });
  const start = onSphere({ particles: m, dimension: inputs, seed: 1000 + seed });
  const points = (positions: Measure['positions']) =>
    matrix(positions.length, inputs, Float64Array.from(positions.flat()));
  const loss = ({ positions, weights }: Measure): number =>
    oracle.variation({ positions: points(positions), weights: Float64Array.from(weights) }).potential;
  const zero = loss({ positions: [], weights: [] });
  return {
    flow: explicit({ domain: euclidean(inputs), regularizer: unregularized() }, { start }),
    oracle,
    simplest: m0,
    excess: (measure) => loss(measure) / zero,
    convex() {
      // The loss is 1/2 a^T K a - b^T a + const: K a = b, with the first variations at 0 and at the unit vectors.
      const at = points(start.positions);
      const variation = (weights: Float64Array): Float64Array => oracle.variation({ positions: at, weights }).values;
      const b = variation(new Float64Array(m)).map((v) => -v);
      const K = matrix(m, m);
      for (let i = 0; i < m; i++) {
        const unit = new Float64Array(m);
        unit[i] = 1;
        variation(unit).forEach((v, j) => (K.data[i * m + j] = v + b[j]!));
      }
      return loss({ positions: start.positions, weights: [...solveLdlt(ldlt(K), b)] }) / zero;
    },
  };
}
