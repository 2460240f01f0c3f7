import * as Plot from '@observablehq/plot';
import {
  alternatingGrid,
  certify,
  conic,
  deconvolution1d,
  energy,
  measureOracle,
  randomSpikes,
  solve,
  toRadii,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { linearAxis } from '../../figures/index.ts';
import { limit } from '../../limits.ts';
import { numberIn, numbersIn, seedsIn } from '../option-values.ts';
import { byIteration } from '../particle-flows/by-iteration.ts';
import { exponential } from '../particle-flows/exponential.ts';
import { etaAt, etaCurve } from '../particle-flows/eta.ts';
import { filmOfPaths, FRAMES } from '../particle-flows/film-of-paths.ts';
import { follow, type Moment } from '../particle-flows/follow.ts';
import { framesOf, modulo } from '../particle-flows/paths.ts';
import type { Findings, Outcome, Piece, Study, StudyFigure } from '../study.ts';
import { farthest } from './farthest.ts';

interface Settings {
  readonly lambda: readonly number[];
  readonly cutoff: number;
  readonly spikes: number;
  readonly particles: number;
  readonly alpha: number;
  readonly beta: number;
  readonly iterations: number;
  readonly seeds: readonly number[];
}

interface Problem extends Piece {
  readonly lambda: number;
  readonly seed: number;
}

interface Result {
  readonly moments: readonly Moment[];
  /** The optimum, to a duality gap of 1e-12 J(0). */
  readonly optimum: {
    readonly measure: Measure;
    readonly objective: number;
    readonly gap: number;
    readonly flowSteps: number;
    readonly newtonSteps: number;
  };
  /** max |eta| at the end. */
  readonly maximum: number;
  /** The largest distance of a spike of the optimum from the nearest particle of its sign; null where it has none. */
  readonly farthest: number | null;
}

/** Sparse deconvolution on the circle by a conic particle gradient flow, and its certificate. */
export const oneDimension: Study<Settings, Problem, Result> = {
  name: 'deconvolution-1d',
  title: 'Sparse deconvolution on the circle',
  source: 'Chizat: Sparse optimization on measures with over-parameterized gradient descent, arXiv 1907.10300',
  data: 'makes its own: random spikes',
  takes: 'a second or two',
  options: [
    { flags: '--lambda <list>', about: 'factors of the total variation', default: '0.3' },
    { flags: '--cutoff <n>', about: 'the highest frequency that is seen', default: '4' },
    { flags: '--spikes <n>', about: 'spikes, of either sign', default: '5' },
    { flags: '--particles <n>', about: 'm', default: '30' },
    { flags: '--alpha <x>', about: 'how fast mass grows and shrinks', default: '0.05' },
    { flags: '--beta <x>', about: 'how fast particles move', default: '0.005' },
    { flags: '--iterations <n>', about: 'steps of the flow', default: '1000' },
    { flags: '-s, --seed <list>', about: 'of the spikes: 0 or 0,1,2 or 0-4', default: '4' },
  ],
  settings(given) {
    const settings: Settings = {
      lambda: numbersIn('lambda', given['lambda'], { above: 0 }),
      cutoff: numberIn('cutoff', given['cutoff'], { least: 1, whole: true, most: 100 }),
      // More do not fit on the circle at random with distances of 0.2.
      spikes: numberIn('spikes', given['spikes'], { least: 1, whole: true, most: 7 }),
      particles: numberIn('particles', given['particles'], { least: 1, whole: true, most: 10_000 }),
      alpha: numberIn('alpha', given['alpha'], { above: 0 }),
      beta: numberIn('beta', given['beta'], { least: 0 }),
      iterations: numberIn('iterations', given['iterations'], { least: 1, whole: true, most: 1e8 }),
      seeds: seedsIn('seed', given['seed']),
    };
    limit('pieces of work', '--seed, --lambda', settings.seeds.length * settings.lambda.length);
    return settings;
  },
  pieces: ({ seeds, lambda }) =>
    seeds.flatMap((seed) =>
      lambda.map((factor) => ({ label: `lambda ${factor}, seed ${seed}`, lambda: factor, seed })),
    ),
  async work(piece, settings, working) {
    const { problem } = problemOf(piece, settings);
    const { particles, alpha, beta, iterations } = settings;
    const moments = await follow(
      {
        flow: conic(problem, { start: alternatingGrid(particles), alpha, beta }),
        oracle: measureOracle(problem),
        iterations,
        moments: 100,
        look(measure) {
          const { objective, gap } = certify(problem, measure);
          return { objective, gap };
        },
      },
      working,
    );
    if (!moments) return undefined;
    const end = moments.at(-1)!.measure;
    const { measure, certificate, flowSteps, newtonSteps } = await solve(problem, { gap: 1e-12, relative: true });
    const { objective, gap } = certificate;
    return {
      moments,
      optimum: { measure, objective, gap, flowSteps, newtonSteps },
      maximum: certify(problem, end).maximum,
      farthest: farthest(problem.domain, measure, end),
    };
  },
  findings,
  measures({ moments, optimum, maximum, farthest }) {
    const { objective, gap } = moments.at(-1)!;
    return {
      'J - min J': Math.max(0, objective - optimum.objective),
      'duality gap': gap,
      'max |eta| - 1': maximum - 1,
      'farthest spike': farthest,
    };
  },
};

function problemOf(
  { lambda, seed }: Problem,
  { cutoff, spikes }: Settings,
): { problem: MeasureProblem; truth: Measure } {
  const truth = randomSpikes({ spikes, seed });
  return { truth, problem: deconvolution1d({ truth, cutoff, lambda }) };
}

function findings(outcomes: readonly Outcome<Problem, Result>[], settings: Settings): Findings {
  const { cutoff, spikes, particles, alpha, beta, iterations } = settings;
  const [shown] = outcomes as [Outcome<Problem, Result>];
  const zero = (piece: Problem): number => energy(problemOf(piece, settings).problem, { positions: [], weights: [] });
  return {
    text: [
      `${spikes} spikes of either sign, frequencies up to ${cutoff}; ${particles} particles, conic flow with alpha ${alpha} and beta ${beta}, ${iterations} iterations.`,
      ...outcomes.map(({ piece, result: { moments, optimum, maximum, farthest: distance } }) => {
        const { objective, gap } = moments.at(-1)!;
        const relative = (gap ?? 0) / zero(piece);
        return `${piece.label}: J = ${objective.toFixed(9)} in the end, and no measure has less than J - ${gap!.toExponential(1)} (${relative.toExponential(1)} of J(0)); max |eta| is 1 ${maximum < 1 ? '-' : '+'} ${Math.abs(maximum - 1).toExponential(1)}. The optimum has ${optimum.measure.weights.length} spikes; their largest distance from a particle: ${distance === null ? 'none' : exponential(distance)}.`;
      }),
    ],
    tables: [
      {
        title: 'The flow, and solve',
        head: [
          'problem',
          'J',
          'duality gap',
          'max |eta| - 1',
          'J - min J',
          'spikes',
          'farthest',
          'solve: flow + Newton steps',
          'its gap',
        ],
        rows: outcomes.map(({ piece, result: { moments, optimum, maximum, farthest: distance } }) => {
          const { objective, gap } = moments.at(-1)!;
          return [
            piece.label,
            objective.toFixed(9),
            gap!.toExponential(1),
            (maximum - 1).toExponential(1),
            exponential(Math.max(0, objective - optimum.objective)),
            String(optimum.measure.weights.length),
            distance === null ? 'none' : exponential(distance),
            `${optimum.flowSteps} + ${optimum.newtonSteps}`,
            optimum.gap.toExponential(1),
          ];
        }),
        note: 'The duality gap is a proved bound on J - min J (Bernstein). Spikes are those of the optimum; farthest: the largest distance of one from the nearest particle of its sign. Solve adds particles where |eta| > 1 and ends with Newton steps, to 1e-12 of J(0).',
      },
    ],
    figures: [
      flowFigure(shown.result, settings),
      etaFigure(shown, settings),
      byIteration({
        name: 'gap',
        title: 'Duality gap, a bound on J - min J',
        label: 'gap',
        curves: outcomes.map(({ piece, result }) => ({
          label: piece.label,
          points: result.moments.map(({ iteration, gap }) => ({ iteration, value: gap })),
        })),
      }),
      byIteration({
        name: 'objective',
        title: 'Objective above the minimum',
        label: 'J - min J',
        note: 'min J is that of solve; what is below the rounding of J is left out.',
        curves: outcomes.map(({ piece, result: { moments, optimum } }) => ({
          label: piece.label,
          points: moments.map(({ iteration, objective }) => ({
            iteration,
            value: above(objective, optimum.objective),
          })),
        })),
      }),
    ],
  };
}

/** J - min J, or null where rounding hides it. */
const above = (objective: number, minimum: number): number | null =>
  objective - minimum > 4e-16 * minimum ? objective - minimum : null;

const PERIOD = 2 * Math.PI;

function flowFigure({ moments, optimum }: Result, { particles, lambda }: Settings): StudyFigure {
  const at = (measure: Measure, i: number): readonly [number, number] => [
    modulo(measure.positions[i]![0]!, PERIOD),
    Math.sign(measure.weights[i]!) * Math.sqrt(particles * Math.abs(measure.weights[i]!)),
  ];
  const heights = moments.flatMap(({ measure }) => toRadii(measure).radii.map(Math.abs));
  const height = 1.05 * Math.max(...heights);
  const ground = {
    x: { ...linearAxis('x', 'position'), domain: [0, PERIOD] },
    y: { ...linearAxis('y', 'signed radius, sign(a) sqrt(m |a|)'), domain: [-height, height] },
    marks: [
      Plot.ruleX(optimum.measure.positions, {
        x: ([x]: readonly number[]) => modulo(x!, PERIOD),
        stroke: 'var(--faint)',
        strokeDasharray: '2 3',
      }),
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
    ],
  };
  return {
    name: 'flow',
    title: `The flow of ${particles} particles, lambda ${lambda[0]}`,
    legend: ['positive', 'negative'],
    note: 'Dashed: the spikes of the optimum. Frames lie close together at first.',
    plots: filmOfPaths({ moments, at, period: PERIOD, ground }),
    numbers: [
      ['iteration', 'particle', 'position', 'weight'],
      ...moments.flatMap(({ iteration, measure }) =>
        measure.weights.map((a, i) => [iteration, i, measure.positions[i]![0]!, a]),
      ),
    ],
  };
}

function etaFigure({ piece, result: { moments } }: Outcome<Problem, Result>, settings: Settings): StudyFigure {
  const { problem } = problemOf(piece, settings);
  const grid = Array.from({ length: 200 }, (_, i) => [(PERIOD * i) / 200]);
  const last = moments.at(-1)!.measure;
  const first = etaAt(problem, moments[0]!.measure, grid);
  return {
    name: 'certificate',
    title: 'The certificate eta, and the band from -1 to 1',
    note: 'A measure is optimal if and only if eta stays in the band and touches its edge at every particle, on the side of its sign.',
    plots: framesOf(moments, FRAMES).map(({ measure }) =>
      etaCurve({
        problem,
        measure,
        point: (x) => [x],
        angle: ([x]) => modulo(x!, PERIOD),
        label: 'position',
      }),
    ),
    numbers: [
      ['position', 'eta at the start', 'eta at the end'],
      ...etaAt(problem, last, grid).map((eta, i) => [grid[i]![0]!, first[i]!, eta]),
    ],
  };
}
