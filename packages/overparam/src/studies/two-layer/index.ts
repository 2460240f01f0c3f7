import { badOption, type Matrix, type MeasureOracle } from '@overparam/core';
import { matrix } from '@overparam/linear-algebra';
import {
  euclidean,
  explicit,
  gaussian,
  neurons,
  sampled,
  seeded,
  squared,
  type Measure,
  type Regularizer,
} from '@overparam/wasserstein-flow';
import { limit } from '../../limits.ts';
import { numberIn, numbersIn, seedsIn } from '../option-values.ts';
import { byIteration } from '../particle-flows/by-iteration.ts';
import { exponential } from '../particle-flows/exponential.ts';
import { follow, type Looked } from '../particle-flows/follow.ts';
import { reluPopulation } from '../particle-flows/relu-population.ts';
import { teacherOf } from '../particle-flows/teacher.ts';
import type { Findings, Outcome, Piece, Study } from '../study.ts';

interface Settings {
  readonly inputs: number;
  readonly teacherNeurons: number;
  readonly particles: readonly number[];
  readonly lambda: readonly number[];
  /** Samples in a fresh batch; null: the expectation itself. */
  readonly batch: number | null;
  readonly step: number;
  readonly iterations: number;
  readonly seeds: readonly number[];
}

interface Training extends Piece {
  readonly particles: number;
  readonly lambda: number;
  readonly seed: number;
}

/** Of the expectation, whatever the steps know. */
interface Result {
  readonly curve: readonly { readonly iteration: number; readonly objective: number; readonly loss: number }[];
  /** 1/m sum |w_i|^2 at the end, as a part of its start: the weight decay can leave nothing. */
  readonly mass: number;
  /** Neurons of more than a hundredth of the largest. */
  readonly active: number;
  /** The largest angle, in degrees, of a teacher's neuron from the nearest active one of the student. */
  readonly angle: number;
}

/** A two-layer relu network that learns another one, of inputs uniform on the sphere. */
export const twoLayer: Study<Settings, Training, Result> = {
  name: 'two-layer',
  title: 'A two-layer network by its population loss',
  source: 'Chizat: Sparse optimization on measures with over-parameterized gradient descent, arXiv 1907.10300',
  data: 'makes its own: a teacher network, inputs on the sphere',
  takes: 'about half a minute',
  options: [
    { flags: '--inputs <n>', about: 'd', default: '20' },
    { flags: '--teacher-neurons <n>', about: 'neurons of the teacher, of norm 1', default: '5' },
    { flags: '--particles <list>', about: 'm, neurons of the student', default: '5,20' },
    { flags: '--lambda <list>', about: 'factors of the weight decay', default: '0,0.002,0.05,0.1' },
    { flags: '-b, --batch <n>', about: 'samples in a fresh batch for each step (the paper: 500); all: none, the expectation itself', default: 'all' }, // prettier-ignore
    { flags: '--step <x>', about: 'step, of m times the gradient (the paper: 2e-4)', default: '0.005' },
    { flags: '--iterations <n>', about: 'steps (the paper: 500000)', default: '20000' },
    { flags: '-s, --seed <list>', about: 'of teacher and student: 0 or 0,1,2 or 0-4', default: '1' },
  ],
  settings(given) {
    const count = (name: string, option: string, most: number): number =>
      numberIn(option, given[name], { least: 1, whole: true, most });
    if (given['batch'] !== 'all' && !(Number(given['batch']) >= 1))
      throw badOption('--batch', given['batch'], "a whole number >= 1, or 'all'");
    const settings: Settings = {
      inputs: numberIn('inputs', given['inputs'], { least: 2, whole: true, most: 1000 }),
      teacherNeurons: count('teacherNeurons', 'teacher-neurons', 1000),
      particles: numbersIn('particles', given['particles'], { least: 1, whole: true, most: 10_000 }),
      lambda: numbersIn('lambda', given['lambda'], { least: 0 }),
      batch: given['batch'] === 'all' ? null : count('batch', 'batch', 1e6),
      step: numberIn('step', given['step'], { above: 0 }),
      iterations: numberIn('iterations', given['iterations'], { least: 1, whole: true, most: 1e9 }),
      seeds: seedsIn('seed', given['seed']),
    };
    const { inputs, particles, teacherNeurons, batch, seeds, lambda } = settings;
    const neurons = Math.max(...particles) + teacherNeurons;
    const pairs = neurons * (batch ?? neurons);
    limit('numbers', '--inputs, --particles, --teacher-neurons, --batch', pairs + inputs * (neurons + (batch ?? 0)));
    limit('multiplications per step', '--inputs, --particles, --teacher-neurons, --batch', 2 * pairs * inputs);
    limit('pieces of work', '--seed, --lambda, --particles', seeds.length * lambda.length * particles.length);
    return settings;
  },
  pieces: ({ seeds, lambda, particles }) =>
    seeds.flatMap((seed) =>
      lambda.flatMap((factor) =>
        particles.map((m) => ({
          label: `lambda ${factor}, m ${m}${seeds.length > 1 ? `, seed ${seed}` : ''}`,
          lambda: factor,
          particles: m,
          seed,
        })),
      ),
    ),
  async work({ lambda, particles: m, seed }, { inputs: d, teacherNeurons, batch, step, iterations }, working) {
    const random = seeded(seed);
    const unit = teacherOf(random, { neurons: teacherNeurons, inputs: d, signed: false });
    // The sum of m0 neurons u |u|, elementwise, not their mean.
    const teacher: Measure = { positions: unit.positions.map((u) => u.map(signedSquare)), weights: unit.weights.map(() => 1) }; // prettier-ignore
    const positions = Array.from({ length: m }, () => Array.from({ length: d }, () => gaussian(random)));
    const expectation = throughSignedSquares(reluPopulation({ teacher, secondMoment: 1 / d }));
    const regularizer = weightDecay(lambda);
    const flow = explicit(
      { domain: euclidean(d), regularizer },
      {
        start: { positions, weights: positions.map(() => 1 / m) },
        moves: 'positions',
        step,
        stochastic: batch !== null,
        seed,
      },
    );
    const lossOf = (measure: Measure): number =>
      (expectation.variation({ positions: rows(measure.positions, d), weights: Float64Array.from(measure.weights) }) as { potential: number }).potential; // prettier-ignore
    const decay = ({ positions: at }: Measure): number =>
      regularizer.mean({ positions: rows(at, d), weights: new Float64Array(at.length) });
    const moments = await follow(
      {
        flow,
        oracle: batch === null ? expectation : throughSignedSquares(batches(teacher, d, batch)),
        iterations,
        moments: 150,
        look: (measure): Looked => ({ objective: lossOf(measure) + decay(measure), gap: null }),
      },
      working,
    );
    if (!moments) return undefined;
    const end = moments.at(-1)!.measure.positions.map((w) => w.map(signedSquare));
    const massOf = ({ positions: at }: Measure): number => at.flat().reduce((sum, w) => sum + w * w, 0);
    const sizes = end.map((u) => Math.hypot(...u));
    const largest = Math.max(...sizes);
    const active = end.filter((_, i) => sizes[i]! > largest / 100);
    return {
      curve: moments.map(({ iteration, objective, measure }) => ({ iteration, objective, loss: objective - decay(measure) })), // prettier-ignore
      mass: massOf(moments.at(-1)!.measure) / massOf(moments[0]!.measure),
      active: active.length,
      angle: Math.max(...teacher.positions.map((v) => Math.min(...active.map((u) => angleOf(u, v))))),
    };
  },
  findings,
  measures: ({ curve, mass, active, angle }) => ({
    J: curve.at(-1)!.objective,
    loss: curve.at(-1)!.loss,
    mass,
    'active neurons': active,
    'largest angle (degrees)': angle,
  }),
};

const signedSquare = (w: number): number => w * Math.abs(w);

const rows = (points: readonly (readonly number[])[], d: number): Matrix =>
  matrix(points.length, d, Float64Array.from(points.flat()));

const angleOf = (u: readonly number[], v: readonly number[]): number => {
  const inner = u.reduce((sum, x, k) => sum + x * v[k]!, 0);
  return (180 / Math.PI) * Math.acos(Math.max(-1, Math.min(1, inner / (Math.hypot(...u) * Math.hypot(...v)))));
};

/** The oracle in w of an oracle in u = w |w|, elementwise: du/dw = 2 |w|. So a neuron relu(<w |w|, x>) is 2-homogeneous. */
function throughSignedSquares(oracle: MeasureOracle): MeasureOracle {
  const squares = (w: Matrix): Matrix => matrix(w.rows, w.columns, w.data.map(signedSquare));
  return {
    variation({ positions, weights }, request = {}) {
      const { points, ...rest } = request;
      const at = points ?? positions;
      const { gradients, ...about } = oracle.variation(
        { positions: squares(positions), weights },
        { ...rest, ...(points && { points: squares(points) }) },
      ) as { potential: number; values: Float64Array; gradients: Matrix };
      return { ...about, gradients: { ...gradients, data: gradients.data.map((g, k) => 2 * Math.abs(at.data[k]!) * g) } }; // prettier-ignore
    },
  };
}

/** Fresh inputs, uniform on the sphere, for each step. */
const batches = (teacher: Measure, d: number, size: number): MeasureOracle =>
  sampled((random) => {
    const inputs = matrix(
      size,
      d,
      Float64Array.from({ length: size * d }, () => gaussian(random)),
    );
    for (let n = 0; n < size; n++) {
      const row = inputs.data.subarray(n * d, (n + 1) * d);
      const norm = Math.hypot(...row);
      row.forEach((v, k) => (row[k] = v / norm));
    }
    const features = neurons({ inputs, activation: 'relu' });
    const target = features.at(rows(teacher.positions, d)).integrate(Float64Array.from(teacher.weights));
    return { features, loss: squared(target, { scale: 1 / size }) };
  });

/** V = lambda |w|^2 for particles that are positions alone. */
const weightDecay = (lambda: number): Regularizer => ({
  name: 'weight decay',
  lambda,
  mean: ({ positions: { rows: m, data } }) => (lambda / m) * data.reduce((sum, v) => sum + v * v, 0),
  subtract(_, w, __, dw) {
    for (let k = 0; k < dw.length; k++) dw[k]! -= 2 * lambda * w.data[k]!;
  },
});

const EMPTY = 1e-6;

const told = ({ piece, result: { mass, active, angle } }: Outcome<Training, Result>): string =>
  mass < EMPTY
    ? `${piece.label}: under the weight decay the student shrinks to nothing.`
    : `${piece.label}: ${active} neurons are active in the end, and every neuron of the teacher has one within ${angle.toFixed(0)} degrees.`;

function findings(outcomes: readonly Outcome<Training, Result>[], settings: Settings): Findings {
  const { inputs, teacherNeurons, batch, step, iterations } = settings;
  const how = batch === null ? 'the expectation itself' : `fresh batches of ${batch}`;
  const end = ({ curve }: Result): Result['curve'][number] => curve.at(-1)!;
  const plain = outcomes.filter(({ piece }) => piece.lambda === 0);
  return {
    text: [
      `Inputs uniform on the sphere of R^${inputs}, a teacher of ${teacherNeurons} neurons; ${how}, ${iterations} steps of ${step}.`,
      `A time of ${(step * iterations).toPrecision(3)}; the paper has 500,000 steps of 2e-4 with batches of 500, a time of 100.`,
      ...(plain.length > 0
        ? [
            `Without weight decay the loss falls to ${plain.map(({ piece, result }) => `${exponential(end(result).loss / result.curve[0]!.loss)} of its start with ${piece.particles} neurons${settings.seeds.length > 1 ? ` (seed ${piece.seed})` : ''}`).join(', ')}.`,
          ]
        : []),
      ...outcomes.filter(({ piece }) => piece.lambda > 0).map(told),
    ],
    tables: [
      {
        title: 'Trainings',
        head: ['training', 'objective', 'loss', 'loss at the start', 'active neurons', 'largest angle', 'mass'],
        rows: outcomes.map(({ piece, result }) => [
          piece.label,
          end(result).objective.toPrecision(6),
          exponential(end(result).loss),
          exponential(result.curve[0]!.loss),
          result.mass < EMPTY ? 'none' : `${result.active} of ${piece.particles}`,
          result.mass < EMPTY ? '' : `${result.angle.toFixed(0)}°`,
          exponential(result.mass),
        ]),
        note: 'Losses are expectations, by the arc-cosine kernel. Active neurons have more than a hundredth of the norm of the largest; the angle is that of a neuron of the teacher from the nearest active one, at most; mass: sum |w|^2 as a part of its start.',
      },
    ],
    figures: [
      byIteration({
        name: 'loss',
        title: 'Loss, as a part of its start',
        label: 'loss',
        curves: outcomes.map(({ piece, result: { curve } }) => ({
          label: piece.label,
          points: curve.map(({ iteration, loss }) => ({ iteration, value: loss / curve[0]!.loss })),
        })),
      }),
      byIteration({
        name: 'objective',
        title: 'Objective above its last value, as a part of its start',
        label: 'objective',
        note: 'As in the paper: the minimum is not known, and the last value stands for it, so that curves fall steeply in the end.',
        curves: outcomes.map(({ piece, result: { curve } }) => ({
          label: piece.label,
          points: curve.map(({ iteration, objective }) => ({
            iteration,
            value: (objective - curve.at(-1)!.objective) / curve[0]!.objective,
          })),
        })),
      }),
    ],
  };
}
