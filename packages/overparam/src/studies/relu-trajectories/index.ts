import * as Plot from '@observablehq/plot';
import {
  certify,
  energy,
  euclidean,
  explicit,
  gaussian,
  measureOracle,
  measureProblem,
  neurons,
  onSphere,
  seeded,
  squared,
  squaredNorm,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { colorOf, linearAxis } from '../../figures/index.ts';
import { limit } from '../../limits.ts';
import { numberIn, seedsIn } from '../option-values.ts';
import { byIteration } from '../particle-flows/by-iteration.ts';
import { etaAt, etaCurve } from '../particle-flows/eta.ts';
import { filmOfPaths, FRAMES } from '../particle-flows/film-of-paths.ts';
import { follow, type Moment } from '../particle-flows/follow.ts';
import { framesOf, modulo, pathsOf } from '../particle-flows/paths.ts';
import { teacherOf } from '../particle-flows/teacher.ts';
import type { Findings, Outcome, Piece, Study, StudyFigure } from '../study.ts';

interface Settings {
  readonly teacherNeurons: number;
  readonly samples: number;
  readonly particles: number;
  readonly lambda: number;
  readonly step: number;
  readonly iterations: number;
  readonly seeds: readonly number[];
}

interface Training extends Piece {
  readonly seed: number;
}

interface Result {
  readonly moments: readonly Moment[];
  /** The largest |eta| that was found at the end, over the circle. */
  readonly maximum: number;
}

/** The circle of directions is small. */
const SEARCH = { restarts: 64 } as const;

/** A wide relu network of two inputs: how its neurons turn and grow. */
export const reluTrajectories: Study<Settings, Training, Result> = {
  name: 'relu-trajectories',
  title: "Trajectories of a relu network's neurons",
  source: 'Chizat: Sparse optimization on measures with over-parameterized gradient descent, arXiv 1907.10300',
  data: 'makes its own: a teacher network on the circle',
  takes: 'a few seconds',
  options: [
    { flags: '--teacher-neurons <n>', about: 'neurons of the teacher, of norm 1 and either sign', default: '3' },
    { flags: '--samples <n>', about: 'inputs on the unit circle', default: '15' },
    { flags: '--particles <n>', about: 'm, neurons of the student', default: '20' },
    { flags: '--lambda <x>', about: 'factor of the squared norm', default: '0.002' },
    { flags: '--step <x>', about: 'step, of m times the gradient', default: '1' },
    { flags: '--iterations <n>', about: 'steps', default: '10000' },
    { flags: '-s, --seed <list>', about: 'of teacher, inputs and student: 0 or 0,1,2 or 0-4', default: '3' },
  ],
  settings(given) {
    const settings: Settings = {
      teacherNeurons: numberIn('teacher-neurons', given['teacherNeurons'], { least: 1, whole: true, most: 1000 }),
      samples: numberIn('samples', given['samples'], { least: 1, whole: true, most: 100_000 }),
      particles: numberIn('particles', given['particles'], { least: 1, whole: true, most: 10_000 }),
      lambda: numberIn('lambda', given['lambda'], { above: 0 }),
      step: numberIn('step', given['step'], { above: 0 }),
      iterations: numberIn('iterations', given['iterations'], { least: 1, whole: true, most: 1e8 }),
      seeds: seedsIn('seed', given['seed']),
    };
    const { teacherNeurons, samples, particles } = settings;
    limit('numbers', '--teacher-neurons, --samples, --particles', samples * (teacherNeurons + particles));
    return settings;
  },
  pieces: ({ seeds }) => seeds.map((seed) => ({ label: `seed ${seed}`, seed })),
  async work({ seed }, settings, working) {
    const { problem } = problemOf(seed, settings);
    const { particles, step, iterations } = settings;
    const moments = await follow(
      {
        // Where a neuron crosses a sample relu has a kink, and the energy may grow a little with any step.
        flow: explicit(problem, { start: onSphere({ particles, dimension: 2, radius: 2, seed }), step, watch: 0.01 }),
        oracle: measureOracle(problem),
        iterations,
        moments: 80,
        look(measure) {
          const { objective, gap } = certify(problem, measure, SEARCH);
          return { objective, gap };
        },
      },
      working,
    );
    return moments && { moments, maximum: certify(problem, moments.at(-1)!.measure, SEARCH).maximum };
  },
  findings,
  measures: ({ moments, maximum }) => ({ J: moments.at(-1)!.objective, 'max |eta| - 1': maximum - 1 }),
};

/** 1/(2n) sum (f - y)^2 + lambda/m sum (w_i^2 + |a_i|^2), with f(x) = 1/m sum w_i relu(<a_i, x>). */
function problemOf(
  seed: number,
  { teacherNeurons, samples, lambda }: Settings,
): { readonly problem: MeasureProblem; readonly teacher: Measure } {
  const random = seeded(seed);
  const teacher = teacherOf(random, { neurons: teacherNeurons, inputs: 2, signed: true });
  const inputs = Array.from({ length: samples }, () => {
    const [x, y] = [gaussian(random), gaussian(random)];
    return [x / Math.hypot(x, y), y / Math.hypot(x, y)];
  });
  const target = inputs.map(([x, y]) =>
    teacher.positions.reduce((sum, [a, b], j) => sum + teacher.weights[j]! * Math.max(0, a! * x! + b! * y!), 0),
  );
  return {
    teacher,
    problem: measureProblem({
      features: neurons({ inputs, activation: 'relu' }),
      loss: squared(target, { scale: 1 / samples }),
      regularizer: squaredNorm(lambda),
      domain: euclidean(2),
    }),
  };
}

function findings(outcomes: readonly Outcome<Training, Result>[], settings: Settings): Findings {
  const { teacherNeurons, samples, particles, lambda, step, iterations } = settings;
  const [shown] = outcomes as [Outcome<Training, Result>];
  const ends = outcomes.map(({ result }) => result.moments.at(-1)!);
  const largest = Math.max(...ends.map(({ gap, objective }) => gap! / objective));
  return {
    text: [
      `${samples} inputs on the circle, a teacher of ${teacherNeurons} neurons, a student of ${particles} of norm 2; lambda ${lambda}, steps of ${step}, ${iterations} iterations.`,
      `In the end the duality gap is ${largest.toExponential(1)} of the objective${outcomes.length > 1 ? ' at most' : ''}: by as much could another network of any width be better, if no |eta| is larger than what the search found.`,
    ],
    tables: [
      {
        title: 'Trainings',
        head: ['training', 'objective', 'of the particles', 'duality gap', 'max |eta| - 1'],
        rows: outcomes.map(({ piece, result }, i) => [
          piece.label,
          ends[i]!.objective.toFixed(9),
          energy(problemOf(piece.seed, settings).problem, ends[i]!.measure).toFixed(9),
          ends[i]!.gap!.toExponential(1),
          (result.maximum - 1).toExponential(1),
        ]),
        note: 'The objective is that of the convex problem, where a neuron costs 2 lambda |w| |a|; that of the particles, lambda (w^2 + |a|^2) each, is no less, and equal where |w| = |a|. The maximum of |eta| is what a search from 64 random directions found.',
      },
    ],
    figures: [
      pathFigure(shown, settings),
      etaFigure(shown, settings),
      byIteration({
        name: 'gap',
        title: 'Duality gap',
        label: 'gap',
        logarithmic: true,
        curves: outcomes.map(({ piece, result }) => ({
          label: piece.label,
          points: result.moments.map(({ iteration, gap }) => ({ iteration, value: gap })),
        })),
      }),
      byIteration({
        name: 'objective',
        title: 'Objective',
        label: 'objective',
        logarithmic: true,
        curves: outcomes.map(({ piece, result }) => ({
          label: piece.label,
          points: result.moments.map(({ iteration, objective }) => ({ iteration, value: objective })),
        })),
      }),
    ],
  };
}

/** |w| a of every neuron, in the colour of the sign of w at the end; rays: the teacher. */
function pathFigure({ piece, result: { moments } }: Outcome<Training, Result>, settings: Settings): StudyFigure {
  const { particles } = settings;
  const { teacher } = problemOf(piece.seed, settings);
  const at = ({ positions, weights }: Measure, i: number): readonly [number, number] => {
    const w = particles * Math.abs(weights[i]!);
    return [w * positions[i]![0]!, w * positions[i]![1]!];
  };
  const all = pathsOf(moments, at);
  const reach = 1.05 * Math.max(...all.map(({ x, y }) => Math.max(Math.abs(x) / 1.55, Math.abs(y))));
  const rays = teacher.positions.flatMap(([a, b], j) => {
    const sign = Math.sign(teacher.weights[j]!);
    return [{ x: 0, y: 0, j, sign }, { x: 2 * reach * a!, y: 2 * reach * b!, j, sign }]; // prettier-ignore
  });
  const inside = rays.map((ray) => {
    const over = Math.max(Math.abs(ray.x) / (1.55 * reach), Math.abs(ray.y) / reach, 1);
    return { ...ray, x: ray.x / over, y: ray.y / over };
  });
  const ground = {
    x: { ...linearAxis('x', 'm |w| a, first coordinate'), domain: [-1.55 * reach, 1.55 * reach] },
    y: { ...linearAxis('y', 'second coordinate'), domain: [-reach, reach] },
    marks: [
      Plot.line(inside, {
        x: 'x',
        y: 'y',
        z: 'j',
        stroke: ({ sign }: (typeof inside)[number]) => colorOf(sign > 0 ? 0 : 1),
        strokeDasharray: '3 4',
      }),
    ],
  };
  return {
    name: 'trajectories',
    title: `Neurons of the student, ${piece.label}`,
    legend: ['w > 0', 'w < 0'],
    note: "Dashed: the directions of the teacher's neurons. Frames lie close together at first.",
    plots: filmOfPaths({ moments, at, ground }),
    numbers: [
      ['iteration', 'neuron', 'm w', 'a, first coordinate', 'a, second coordinate'],
      ...moments.flatMap(({ iteration, measure: { positions, weights } }) =>
        weights.map((a, i) => [iteration, i, particles * a, positions[i]![0]!, positions[i]![1]!]),
      ),
    ],
  };
}

function etaFigure({ piece, result: { moments } }: Outcome<Training, Result>, settings: Settings): StudyFigure {
  const { problem } = problemOf(piece.seed, settings);
  const point = (angle: number): readonly [number, number] => [Math.cos(angle), Math.sin(angle)];
  const grid = Array.from({ length: 200 }, (_, i) => (Math.PI * i) / 100);
  const last = etaAt(problem, moments.at(-1)!.measure, grid.map(point));
  return {
    name: 'certificate',
    title: 'The certificate eta over directions',
    note: 'Dots: neurons that have weight. The network is optimal among networks of any width if and only if eta stays in the band and touches its edge at every neuron, on the side of its sign.',
    plots: framesOf(moments, FRAMES).map(({ measure }) =>
      etaCurve({
        problem,
        measure,
        point,
        angle: ([x, y]) => modulo(Math.atan2(y!, x!), 2 * Math.PI),
        label: 'angle of a',
      }),
    ),
    numbers: [['angle', 'eta at the end'], ...last.map((eta, i) => [grid[i]!, eta])],
  };
}
