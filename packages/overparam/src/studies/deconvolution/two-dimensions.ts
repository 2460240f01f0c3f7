import * as Plot from '@observablehq/plot';
import type { PlotOptions } from '@observablehq/plot';
import { badOption } from '@overparam/core';
import {
  certify,
  conic,
  deconvolution2d,
  energy,
  fromRadii,
  measureOracle,
  merge,
  prune,
  solve,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { colorOf, linearAxis } from '../../figures/index.ts';
import { limit } from '../../limits.ts';
import { numberIn, numbersIn } from '../option-values.ts';
import { byIteration } from '../particle-flows/by-iteration.ts';
import { exponential } from '../particle-flows/exponential.ts';
import { etaAt } from '../particle-flows/eta.ts';
import { follow, type Looked, type Moment } from '../particle-flows/follow.ts';
import { framesOf, modulo, pathsOf } from '../particle-flows/paths.ts';
import type { Findings, Outcome, Piece, Study, StudyFigure } from '../study.ts';
import { farthest } from './farthest.ts';

interface Settings {
  readonly lambda: readonly number[];
  readonly particles: readonly number[];
  readonly cutoff: number;
  readonly alpha: number;
  readonly beta: number;
  readonly iterations: number;
}

interface Run extends Piece {
  readonly lambda: number;
  readonly particles: number;
}

interface Result {
  readonly moments: readonly Moment[];
  /** min J, from solve; 0 without a regulariser. */
  readonly minimum: number;
  /** max |eta| at the end; null without a regulariser. */
  readonly maximum: number | null;
  /** Places with more than a thousandth of the mass at the end, once particles closer than 0.05 are one. */
  readonly spikes: number;
  /** The largest distance of a spike of the optimum, or of the truth without a regulariser, from a particle. */
  readonly farthest: number | null;
}

const { PI } = Math;
const PERIOD = 2 * PI;
const SPIKES: Measure = {
  positions: [
    [PI, PI],
    [PI + 1.7, PI - 0.3],
    [PI + 0.7, PI + 1.3],
  ],
  weights: [1.1 ** 2, 0.8 ** 2, 1],
};
/** Each near a spike, and one more. */
const NEAR = [
  [PI + 0.5, PI - 0.5],
  [PI + 2.1, PI - 0.7],
  [PI + 0.3, PI + 1.8],
  [PI + 0.5, PI + 1.5],
];

/** Sparse deconvolution on the torus, with as many particles as spikes, one more, and many more. */
export const twoDimensions: Study<Settings, Run, Result> = {
  name: 'deconvolution-2d',
  title: 'Sparse deconvolution on the torus',
  source: 'Chizat: Sparse optimization on measures with over-parameterized gradient descent, arXiv 1907.10300',
  data: 'makes its own: three spikes',
  takes: 'about a quarter of a minute',
  options: [
    { flags: '--lambda <list>', about: 'factors of the total variation; 0 for none', default: '1,4,0' },
    { flags: '--particles <list>', about: 'm: 3 or 4, which begin near the spikes, or a square', default: '100,4,3' },
    { flags: '--cutoff <n>', about: 'the highest frequency that is seen', default: '2' },
    { flags: '--alpha <x>', about: 'how fast mass grows and shrinks', default: '0.01' },
    { flags: '--beta <x>', about: 'how fast particles move', default: '0.01' },
    { flags: '--iterations <n>', about: 'steps of the flow', default: '3000' },
  ],
  settings(given) {
    const particles = numbersIn('particles', given['particles'], { least: 1, whole: true, most: 10_000 });
    const other = particles.find((m) => m !== 3 && !Number.isInteger(Math.sqrt(m)));
    if (other !== undefined) throw badOption('--particles', other, '3, 4 or the square of a whole number');
    const settings: Settings = {
      lambda: numbersIn('lambda', given['lambda'], { least: 0 }),
      particles,
      cutoff: numberIn('cutoff', given['cutoff'], { least: 1, whole: true, most: 30 }),
      alpha: numberIn('alpha', given['alpha'], { above: 0 }),
      beta: numberIn('beta', given['beta'], { least: 0 }),
      iterations: numberIn('iterations', given['iterations'], { least: 1, whole: true, most: 1e8 }),
    };
    limit('pieces of work', '--lambda, --particles', settings.lambda.length * settings.particles.length);
    return settings;
  },
  pieces: ({ lambda, particles }) =>
    lambda.flatMap((factor) => particles.map((m) => ({ label: `lambda ${factor}, m ${m}`, lambda: factor, particles: m }))), // prettier-ignore
  async work(piece, settings, working) {
    const problem = problemOf(piece, settings);
    const { alpha, beta, iterations } = settings;
    const certified = piece.lambda > 0;
    const moments = await follow(
      {
        flow: conic(problem, { start: startOf(piece.particles), alpha, beta }),
        oracle: measureOracle(problem),
        iterations,
        moments: 60,
        look(measure): Looked {
          if (!certified) return { objective: energy(problem, measure), gap: null };
          const { objective, gap } = certify(problem, measure);
          return { objective, gap };
        },
      },
      working,
    );
    if (!moments) return undefined;
    const end = moments.at(-1)!.measure;
    const optimum = certified ? await solve(problem, { gap: 1e-12, relative: true }) : undefined;
    const mass = end.weights.reduce((sum, a) => sum + a, 0);
    const places = prune(merge(end, { domain: problem.domain, distance: 0.05 }), { below: 1e-3 * mass });
    return {
      moments,
      minimum: optimum?.certificate.objective ?? 0,
      maximum: certified ? certify(problem, end).maximum : null,
      spikes: places.weights.length,
      farthest: farthest(problem.domain, optimum?.measure ?? SPIKES, end),
    };
  },
  findings,
  measures: ({ moments, minimum, spikes, farthest }) => ({
    'J - min J': Math.max(0, moments.at(-1)!.objective - minimum),
    spikes,
    'farthest spike': farthest,
  }),
};

const problemOf = ({ lambda }: Run, { cutoff }: Settings): MeasureProblem =>
  deconvolution2d({ truth: SPIKES, cutoff, lambda });

/** Radii of 1/2, near the spikes or in the middles of the cells of a regular grid. */
function startOf(particles: number): Measure {
  const side = Math.round(Math.sqrt(particles));
  const along = (i: number): number => (PERIOD * (i + 0.5)) / side;
  const positions =
    particles <= 4 && particles >= 3
      ? NEAR.slice(0, particles)
      : Array.from({ length: particles }, (_, i) => [along(i % side), along(Math.floor(i / side))]);
  return fromRadii({ positions, radii: positions.map(() => 0.5) });
}

function findings(outcomes: readonly Outcome<Run, Result>[], settings: Settings): Findings {
  const { cutoff, alpha, beta, iterations } = settings;
  const most = Math.max(...outcomes.map(({ piece }) => piece.particles));
  const shown = outcomes.filter(({ piece }) => piece.particles === most);
  const first = shown[0]!;
  const certified = outcomes.filter(({ result }) => result.maximum !== null);
  const largestGap = Math.max(...certified.map(({ result }) => result.moments.at(-1)!.gap!));
  const curves = (of: (moment: Moment, result: Result) => number | null) => (some: readonly Outcome<Run, Result>[]) =>
    some.map(({ piece, result }) => ({
      label: piece.label,
      points: result.moments.map((moment) => ({ iteration: moment.iteration, value: of(moment, result) })),
    }));
  return {
    text: [
      `Three positive spikes, frequencies up to ${cutoff} in each direction; conic flow with alpha ${alpha} and beta ${beta}, ${iterations} iterations.`,
      ...(certified.length > 0
        ? [
            `The largest duality gap in the end is ${largestGap.toExponential(1)}, of the runs with ${[...new Set(certified.map(({ piece }) => piece.particles))].join(', ')} particles.`,
          ]
        : []),
      ...outcomes
        .filter(({ piece }) => piece.lambda === 0)
        .map(({ piece, result }) => `${piece.label}: J = ${result.moments.at(-1)!.objective.toExponential(1)} in the end; without a regulariser there is no certificate, and J >= 0.`), // prettier-ignore
    ],
    tables: [
      {
        title: 'Runs',
        head: ['run', 'J', 'J - min J', 'duality gap', 'max |eta| - 1', 'spikes', 'farthest'],
        rows: outcomes.map(({ piece, result }) => {
          const { objective, gap } = result.moments.at(-1)!;
          return [
            piece.label,
            piece.lambda > 0 ? objective.toFixed(12) : objective.toExponential(3),
            exponential(Math.max(0, objective - result.minimum)),
            gap === null ? '' : gap.toExponential(1),
            result.maximum === null ? '' : (result.maximum - 1).toExponential(1),
            String(result.spikes),
            result.farthest === null ? 'none' : exponential(result.farthest),
          ];
        }),
        note: 'min J is that of solve. Spikes: places with more than a thousandth of the mass, once particles closer than 0.05 are one. Farthest: the largest distance of a spike of the optimum (of the truth, for lambda 0) from a particle.',
      },
    ],
    figures: [
      flowFigure(first),
      ...(first.result.maximum === null ? [] : [etaFigure(first, settings)]),
      byIteration({
        name: 'objective',
        title: 'Objective above the minimum',
        label: 'J - min J',
        note: 'What is below the rounding of J is left out.',
        curves: curves(({ objective }, { minimum, moments }) =>
          objective - minimum > 1e-15 * moments[0]!.objective ? objective - minimum : null,
        )(outcomes), // prettier-ignore
      }),
      byIteration({
        name: 'gap',
        title: 'Duality gap, a bound on J - min J',
        label: 'gap',
        curves: curves(({ gap }) => gap)(certified),
      }),
      ...shown.slice(1).map(last),
    ],
  };
}

const FRAMES = 40;

/** Dots of an area that is proportional to the weight, and the paths to them. */
function flowFigure({ piece, result: { moments } }: Outcome<Run, Result>): StudyFigure {
  const at = ({ positions }: Measure, i: number): readonly [number, number] => {
    const [x, y] = positions[i] as [number, number];
    return [modulo(x, PERIOD), modulo(y, PERIOD)];
  };
  const heaviest = Math.max(...moments.flatMap(({ measure }) => measure.weights));
  const frame = ({ measure }: Moment, i: number, all: readonly Moment[]): PlotOptions => {
    // All of the way at the end; on it the last part alone.
    const past = all.slice(i === all.length - 1 ? 0 : Math.max(0, i - 5), i + 1);
    const dots = measure.weights.map((a, k) => ({ at: at(measure, k), r: 1 + 9 * Math.sqrt(a / heaviest) }));
    return {
      x: { ...linearAxis('x', 'first angle'), domain: [0, PERIOD] },
      y: { ...linearAxis('y', 'second angle'), domain: [0, PERIOD] },
      r: { type: 'identity' },
      marks: [
        Plot.line(pathsOf(past, at, PERIOD), { x: 'x', y: 'y', z: 'line', stroke: 'var(--faint)', strokeWidth: 0.7 }),
        Plot.dot(dots, {
          x: ({ at: [x] }: (typeof dots)[number]) => x,
          y: ({ at: [, y] }: (typeof dots)[number]) => y,
          r: 'r',
          fill: colorOf(0),
          fillOpacity: 0.75,
        }),
        Plot.dot(SPIKES.positions, { symbol: 'plus', stroke: 'var(--ink)', r: 6, x: '0', y: '1' }),
      ],
    };
  };
  return {
    name: `flow-${piece.label.replaceAll(/[^a-z0-9]+/g, '-')}`,
    title: `The flow: ${piece.label}`,
    note: 'Areas are weights; crosses: the true spikes. Frames lie close together at first.',
    plots: framesOf(moments, FRAMES).map(frame),
    numbers: [
      ['iteration', 'particle', 'first angle', 'second angle', 'weight'],
      ...moments.flatMap(({ iteration, measure }) =>
        measure.weights.map((a, i) => [iteration, i, measure.positions[i]![0]!, measure.positions[i]![1]!, a]),
      ),
    ],
  };
}

/** The end of the film alone. */
const last = (outcome: Outcome<Run, Result>): StudyFigure => {
  const film = flowFigure(outcome);
  return { ...film, plots: (film.plots as readonly PlotOptions[]).at(-1)! };
};

const SIDE = 64;

/** Level lines of eta, which touches 1 at the particles and stays below elsewhere. */
function etaFigure({ piece, result: { moments } }: Outcome<Run, Result>, settings: Settings): StudyFigure {
  const { measure } = moments.at(-1)!;
  const points = Array.from({ length: SIDE * SIDE }, (_, i) => [
    (PERIOD * ((i % SIDE) + 0.5)) / SIDE,
    (PERIOD * (Math.floor(i / SIDE) + 0.5)) / SIDE,
  ]);
  const eta = etaAt(problemOf(piece, settings), measure, points);
  return {
    name: 'certificate',
    title: `The certificate eta: ${piece.label}`,
    note: `Level lines of eta at -0.8, -0.6, ..., 0.8 and, bold, 0.95; 0 is dashed. On this grid eta is ${Math.min(...eta).toFixed(3)} to ${Math.max(...eta).toFixed(3)}; the measure is optimal if |eta| <= 1 everywhere, and 1 at the particles.`,
    plots: {
      x: { ...linearAxis('x', 'first angle'), domain: [0, PERIOD] },
      y: { ...linearAxis('y', 'second angle'), domain: [0, PERIOD] },
      marks: [
        ...(
          [
            [[-0.8, -0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 0.8], 'var(--faint)', 0.8, 'none'],
            [[0], 'var(--faint)', 1, '3 3'],
            [[0.95], colorOf(1), 2, 'none'],
          ] as const
        ).map(([thresholds, stroke, strokeWidth, strokeDasharray]) =>
          Plot.contour([...eta], {
            width: SIDE,
            height: SIDE,
            x1: 0,
            x2: PERIOD,
            y1: 0,
            y2: PERIOD,
            thresholds: [...thresholds],
            stroke,
            strokeWidth,
            strokeDasharray,
          }),
        ),
        Plot.dot(
          measure.positions.filter((_, i) => measure.weights[i]! > 1e-3 * Math.max(...measure.weights)),
          { x: ([x]: readonly number[]) => modulo(x!, PERIOD), y: ([, y]: readonly number[]) => modulo(y!, PERIOD), r: 3, fill: colorOf(0) }, // prettier-ignore
        ),
      ],
    },
    numbers: [['first angle', 'second angle', 'eta'], ...points.map(([x, y], i) => [x!, y!, eta[i]!])],
  };
}
