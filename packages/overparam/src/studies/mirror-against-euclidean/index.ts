import * as Plot from '@observablehq/plot';
import {
  deconvolution,
  energy,
  fista,
  grid,
  ista,
  measureOracle,
  mirrorDescent,
  solve,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { colorOf, dashOf, linearAxis } from '../../figures/index.ts';
import { numberIn, someOf } from '../option-values.ts';
import { byIteration } from '../particle-flows/by-iteration.ts';
import { exponential } from '../particle-flows/exponential.ts';
import { follow, type Looked, type Moment } from '../particle-flows/follow.ts';
import type { Findings, Outcome, Piece, Study } from '../study.ts';

const names = { mirror: 'mirror descent', ista: 'ISTA', fista: 'FISTA' } as const;
type Name = keyof typeof names;

interface Settings {
  readonly methods: readonly Name[];
  readonly lambda: number;
  readonly cutoff: number;
  /** Points of the grid. */
  readonly points: number;
  readonly alpha: number;
  /** Of every point of the grid, at the start of mirror descent. */
  readonly weight: number;
  readonly iterations: number;
}

interface Descent extends Piece {
  readonly method: Name;
}

interface Result {
  readonly moments: readonly Moment[];
  /** min J over measures on the circle. */
  readonly minimum: number;
  /** Points that hold more than a millionth of the largest weight. */
  readonly support: number;
}

/** The convex counterpart, where positions are fixed and weights alone move, in two geometries. */
export const mirrorAgainstEuclidean: Study<Settings, Descent, Result> = {
  name: 'mirror-against-euclidean',
  title: 'Mirror descent against Euclidean descent on a fixed grid',
  source: 'Chizat: Sparse optimization on measures with over-parameterized gradient descent, arXiv 1907.10300',
  data: 'makes its own: one spike at pi',
  takes: 'a second or two',
  options: [
    { flags: '-m, --methods <list>', about: 'mirror, ista, fista', default: 'mirror,ista,fista' },
    { flags: '--lambda <x>', about: 'factor of the total variation', default: '0.3' },
    { flags: '--cutoff <n>', about: 'the highest frequency that is seen', default: '2' },
    { flags: '--points <n>', about: 'of the grid', default: '200' },
    { flags: '--alpha <x>', about: 'the step of all methods', default: '0.1' },
    { flags: '--weight <x>', about: 'm times the mass of each point, where mirror descent begins', default: '1.2' },
    { flags: '--iterations <n>', about: 'steps', default: '3000' },
  ],
  settings: (given) => ({
    methods: someOf('methods', given['methods'], Object.keys(names) as Name[]),
    lambda: numberIn('lambda', given['lambda'], { above: 0 }),
    cutoff: numberIn('cutoff', given['cutoff'], { least: 1, whole: true, most: 100 }),
    points: numberIn('points', given['points'], { least: 1, whole: true, most: 100_000 }),
    alpha: numberIn('alpha', given['alpha'], { above: 0 }),
    weight: numberIn('weight', given['weight'], { above: 0 }),
    iterations: numberIn('iterations', given['iterations'], { least: 1, whole: true, most: 1e8 }),
  }),
  pieces: ({ methods }) => methods.map((method) => ({ label: names[method], method })),
  async work({ method }, settings, working) {
    const problem = problemOf(settings);
    const { points, alpha, weight, iterations } = settings;
    const start = (w: number): Measure => grid({ domain: problem.domain, perAxis: points, weight: w });
    const common = {
      oracle: measureOracle(problem),
      iterations,
      moments: 150,
      also: [iterations - 1],
      look: (measure: Measure): Looked => ({ objective: energy(problem, measure), gap: null }),
    };
    const moments =
      method === 'fista'
        ? await follow({ flow: fista(problem, { start: start(0), step: alpha }), ...common }, working)
        : method === 'ista'
          ? await follow({ flow: ista(problem, { start: start(0), step: alpha }), ...common }, working)
          : await follow({ flow: mirrorDescent(problem, { start: start(weight), step: alpha }), ...common }, working);
    if (!moments) return undefined;
    const { weights } = moments.at(-1)!.measure;
    const largest = Math.max(...weights.map(Math.abs));
    const { certificate } = await solve(problem, { gap: 1e-12, relative: true });
    return {
      // The measures on the way are not shown.
      moments: moments.map((moment, k) =>
        k === moments.length - 1 ? moment : { ...moment, measure: { positions: [], weights: [] } },
      ),
      minimum: certificate.objective,
      support: weights.filter((a) => Math.abs(a) > 1e-6 * largest).length,
    };
  },
  findings,
  measures: ({ moments, minimum, support }) => ({
    'J - min J': Math.max(0, moments.at(-1)!.objective - minimum),
    support,
  }),
};

const problemOf = ({ cutoff, lambda }: Settings): MeasureProblem =>
  deconvolution({ truth: { positions: [[Math.PI]], weights: [1] }, cutoff, lambda });

function findings(outcomes: readonly Outcome<Descent, Result>[], settings: Settings): Findings {
  const { points, cutoff, lambda, alpha, weight, iterations } = settings;
  const minimum = outcomes[0]!.result.minimum;
  const end = ({ moments }: Result): Moment => moments.at(-1)!;
  return {
    text: [
      `One spike of weight 1 at pi, frequencies up to ${cutoff}, lambda ${lambda}, a grid of ${points} points; ${iterations} steps of ${alpha}.`,
      `Mirror descent begins with weights of ${weight} / ${points}, the others with 0.`,
      `min J = ${minimum.toFixed(9)} over all measures on the circle. After ${iterations} iterations J is ${outcomes.map(({ piece, result }) => `${end(result).objective.toFixed(7)} by ${piece.label}`).join(', ')}.`,
    ],
    tables: [
      {
        title: 'Objectives',
        head: ['method', 'J', 'before the last step', 'J - min J', 'points of the grid with weight'],
        rows: outcomes.map(({ piece, result }) => [
          piece.label,
          end(result).objective.toFixed(9),
          result.moments.at(-2)!.objective.toFixed(9),
          exponential(end(result).objective - minimum),
          `${result.support} of ${points}`,
        ]),
        note: 'min J is that of solve, over all measures; the grid has no less. The code of the paper records J before each step. A point counts from a millionth of the largest weight on.',
      },
    ],
    figures: [
      byIteration({
        name: 'objective',
        title: 'Objective above the minimum',
        label: 'J - min J',
        logarithmic: true,
        curves: outcomes.map(({ piece, result }) => ({
          label: piece.label,
          points: result.moments.map(({ iteration, objective }) => ({ iteration, value: objective - minimum })),
        })),
      }),
      {
        name: 'weights',
        title: 'Weights at the end',
        legend: outcomes.map(({ piece }) => piece.label),
        plots: {
          x: { ...linearAxis('x', 'position'), domain: [0, 2 * Math.PI] },
          y: { ...linearAxis('y', 'm times the weight'), zero: true },
          marks: outcomes.map(({ result }, i) => {
            const { positions, weights } = end(result).measure;
            return Plot.lineY(
              weights.map((a) => points * a),
              {
                x: positions.map(([x]) => x!),
                y: (w: number) => w,
                stroke: colorOf(i),
                strokeDasharray: dashOf(i) || 'none',
                strokeWidth: 1.6,
              },
            );
          }),
        },
        numbers: [
          ['method', 'position', 'weight'],
          ...outcomes.flatMap(({ piece, result }) => {
            const { positions, weights } = end(result).measure;
            return weights.map((a, i) => [piece.label, positions[i]![0]!, a]);
          }),
        ],
      },
    ],
  };
}
