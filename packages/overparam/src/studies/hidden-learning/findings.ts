import * as Plot from '@observablehq/plot';
import { colorOf, dashOf, linearAxis, logAxis } from '../../figures/index.ts';
import { duration, significant } from '../../results/format.ts';
import type { Findings, Outcome, StudyFigure } from '../study.ts';
import type { HiddenLearningSettings, Training } from './settings.ts';
import type { Measurement, TrainingResult } from './train.ts';

type Trained = Outcome<Training, TrainingResult>;

/** When the refitted output layer is most ahead of the trained one, while the loss is above this share of its start. */
const FAR_FROM_DONE = 0.1;

/**
 * Where hidden learning shows most: the largest ratio of test loss and refitted test loss before training is done, among
 * the moments that are not worse than the start: a long step may throw the outputs far off.
 */
function mostHidden({ measurements }: TrainingResult): Measurement | undefined {
  const start = measurements[0]!;
  const early = measurements.filter(
    ({ trainLoss, testLoss }) => trainLoss >= FAR_FROM_DONE * start.trainLoss && testLoss <= start.testLoss,
  );
  return early.reduce<Measurement | undefined>(
    (best, now) => (!best || ratio(now) > ratio(best) ? now : best),
    undefined,
  );
}

const ratio = ({ testLoss, refitTestLoss }: Measurement): number => testLoss / refitTestLoss;

export function findings(outcomes: readonly Trained[], settings: HiddenLearningSettings): Findings {
  const { width, inputs, samples, testSamples } = settings;
  const shown = outcomes.filter(({ result }) => result.measurements.length > 0);
  const best = shown
    .flatMap((outcome) => {
      const at = mostHidden(outcome.result);
      return at ? [{ outcome, at }] : [];
    })
    .sort((a, b) => ratio(b.at) - ratio(a.at))[0];
  return {
    text: [
      `${width} hidden units, ${inputs} inputs, ${samples} samples; tested with ${testSamples.toLocaleString('en-US')}; a teacher of 5 units.`,
      ...(best
        ? [
            `Hidden learning: with ${best.outcome.piece.label}, after ${best.at.step} steps, the test loss is ${significant(best.at.testLoss)}, and ${significant(best.at.refitTestLoss)} once the output layer is fitted again: ${Math.round(ratio(best.at))} times less, at a train loss of ${significant(best.at.trainLoss)}.`,
          ]
        : []),
    ],
    tables: [table(shown)],
    figures: [
      ...(best ? [hiddenFigure(best.outcome)] : []),
      tradeOff(shown),
      against('train-loss', 'Train loss', 'train loss', shown, ({ trainLoss }) => trainLoss),
      against('test-loss', 'Test loss', 'test loss', shown, ({ testLoss }) => testLoss),
      against(
        'refit-test-loss',
        'Test loss, output layer fitted again',
        'test loss',
        shown,
        ({ refitTestLoss }) => refitTestLoss,
      ),
      against(
        'distance',
        "Hidden units' distance from the teacher's",
        'weighted cosine distance',
        shown,
        ({ distance }) => distance,
        'linear',
      ),
    ],
  };
}

const table = (outcomes: readonly Trained[]): Findings['tables'][number] => ({
  title: 'Trainings',
  head: [
    'training',
    'steps',
    'train loss',
    'test loss',
    'refitted',
    'random features',
    'distance',
    'most hidden',
    'time',
  ],
  rows: outcomes.map(({ piece, result, seconds }) => {
    const end = result.measurements.at(-1)!;
    const most = mostHidden(result);
    return [
      piece.label,
      `${end.step}${result.stopped === 'converged' ? '' : ` (${result.stopped})`}`,
      significant(end.trainLoss),
      significant(end.testLoss),
      significant(end.refitTestLoss),
      significant(result.measurements[0]!.refitTestLoss),
      end.distance.toFixed(2),
      most ? `${Math.round(ratio(most))}x at step ${most.step}` : '',
      duration(seconds),
    ];
  }),
  note: `Refitted: the test loss with the output layer fitted again by least squares; random features: the same before the first step. Most hidden: the largest ratio of test loss and refitted test loss while the train loss is above ${FAR_FROM_DONE} of its start and the test loss below its own. Training ends at 1e-8 of it.`,
});

function hiddenFigure({ piece, result }: Trained): StudyFigure {
  const lines = [
    ['test loss', ({ testLoss }: Measurement) => testLoss],
    ['test loss, output layer fitted again', ({ refitTestLoss }: Measurement) => refitTestLoss],
    ['train loss', ({ trainLoss }: Measurement) => trainLoss],
  ] as const;
  const values = lines.flatMap(([, of]) => result.measurements.map(of));
  return {
    name: 'hidden-learning',
    title: `Hidden learning: ${piece.label}`,
    legend: lines.map(([label]) => label),
    plots: {
      x: linearAxis('x', 'step'),
      y: logAxis('y', 'loss', values),
      marks: lines.map(([, of], i) =>
        Plot.lineY(result.measurements, {
          x: 'step',
          y: of,
          stroke: colorOf(i),
          strokeDasharray: dashOf(i) || 'none',
          strokeWidth: 2,
        }),
      ),
    },
    numbers: [
      ['step', ...lines.map(([label]) => label)],
      ...result.measurements.map((measurement) => [measurement.step, ...lines.map(([, of]) => of(measurement))]),
    ],
  };
}

/** Small steps generalise better: the losses at the end, by step size, a line for each tau0. */
function tradeOff(outcomes: readonly Trained[]): StudyFigure {
  const ended = outcomes.filter(({ piece, result }) => piece.method === 'gn' && result.stopped === 'converged');
  const points = ended.map(({ piece, result }) => ({ ...piece, ...result.measurements.at(-1)! }));
  const deviations = [...new Set(points.map(({ tau0 }) => tau0))];
  return {
    name: 'step-size-and-generalisation',
    title: 'Step size and generalisation of Gauss-Newton',
    legend: deviations.map((tau0) => `tau0 ${tau0}`),
    note: 'Test losses of trainings that converged.',
    plots: {
      x: logAxis(
        'x',
        'step size lambda',
        points.map(({ lambda }) => lambda),
      ),
      y: logAxis(
        'y',
        'test loss at the end',
        points.map(({ testLoss }) => testLoss),
      ),
      marks: deviations.flatMap((tau0, i) => {
        const own = points.filter((point) => point.tau0 === tau0).sort((a, b) => a.lambda - b.lambda);
        return [
          Plot.lineY(own, { x: 'lambda', y: 'testLoss', stroke: colorOf(i), strokeDasharray: dashOf(i) || 'none' }),
          Plot.dot(own, { x: 'lambda', y: 'testLoss', fill: colorOf(i), r: 3 }),
        ];
      }),
    },
    numbers: [
      ['tau0', 'lambda', 'seed', 'test loss', 'refitted'],
      ...points.map(({ tau0, lambda, seed, testLoss, refitTestLoss }) => [tau0, lambda, seed, testLoss, refitTestLoss]),
    ],
  };
}

function against(
  name: string,
  title: string,
  label: string,
  outcomes: readonly Trained[],
  of: (measurement: Measurement) => number,
  scale: 'log' | 'linear' = 'log',
): StudyFigure {
  const values = outcomes.flatMap(({ result }) => result.measurements.map(of));
  return {
    name,
    title,
    legend: outcomes.map(({ piece }) => piece.label),
    plots: {
      x: logAxis('x', 'step', [1, ...outcomes.flatMap(({ result }) => Math.max(1, result.measurements.at(-1)!.step))]),
      y: scale === 'log' ? logAxis('y', label, values) : { ...linearAxis('y', label), zero: true },
      marks: outcomes.map(({ result }, i) =>
        Plot.lineY(
          result.measurements.filter(({ step }) => step > 0),
          { x: 'step', y: of, stroke: colorOf(i), strokeDasharray: dashOf(i) || 'none', strokeWidth: 1.7 },
        ),
      ),
    },
    numbers: [
      ['training', 'step', label],
      ...outcomes.flatMap(({ piece, result }) =>
        result.measurements.map((measurement) => [piece.label, measurement.step, of(measurement)]),
      ),
    ],
  };
}
