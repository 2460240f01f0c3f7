import type { Results, RunResult } from '../results/results.ts';
import { seriesOf, type Series } from './series.ts';

/** A figure before it is drawn. */
export interface Figure {
  /** For file names and links: `loss-epochs`. */
  readonly name: string;
  readonly title: string;
  /** With its unit, where it has one: `time of training (s)`. */
  readonly x: string;
  readonly y: string;
  /** Of y. */
  readonly scale: 'linear' | 'log' | 'share';
  /** Linear where absent. */
  readonly xScale?: 'linear' | 'log';
  /** True where each point is worth a dot. */
  readonly dots: boolean;
  /** What a line stands for: `method` where absent. */
  readonly of?: string;
  /** What y, low and high of a point are, where it stands for several runs. */
  readonly spread?: readonly [y: string, low: string, high: string];
  readonly series: readonly Series[];
}

const SPREAD = ['median', 'smallest', 'largest'] as const;

type Record = RunResult['epochs'][number];

const byEpoch = (x: (record: Record) => number, y: (record: Record) => number | null) => (run: RunResult) =>
  run.epochs.map((record) => [x(record), y(record)] as const);

const traced =
  (y: keyof RunResult['trace'], x: (step: number, run: RunResult) => number) =>
  (run: RunResult): (readonly [number, number | null])[] =>
    run.trace[y].map((value, i) => [x(run.trace.step[i]!, run), value] as const);

const inEpochs = (step: number, { stepsPerEpoch }: RunResult): number => step / stepsPerEpoch;

/** The figures of a session: all its methods over one another. */
export function figuresOf(results: Results): Figure[] {
  const series = (values: Parameters<typeof seriesOf>[1]): Series[] => seriesOf(results, values);
  const dots = results.plan.epochs <= 30;
  const loss = { y: 'train loss', scale: 'log', dots } as const;
  const accuracy = { y: 'test accuracy', scale: 'share', dots } as const;
  const trace = { x: 'epoch', dots: false } as const;
  const figures: Figure[] = [
    {
      ...loss,
      name: 'loss-epochs',
      title: 'Loss by epoch',
      x: 'epoch',
      series: series(byEpoch(({ epoch }) => epoch, ({ trainLoss }) => trainLoss)), // prettier-ignore
    },
    {
      ...accuracy,
      name: 'accuracy-epochs',
      title: 'Test accuracy by epoch',
      x: 'epoch',
      series: series(byEpoch(({ epoch }) => epoch, ({ epoch, testAccuracy }) => (epoch === 0 ? null : testAccuracy))), // prettier-ignore
    },
    {
      ...loss,
      name: 'loss-seconds',
      title: 'Loss by time',
      x: 'time of training (s)',
      series: series(byEpoch(({ seconds }) => seconds, ({ trainLoss }) => trainLoss)), // prettier-ignore
    },
    {
      ...trace,
      name: 'step-size',
      title: 'Step size',
      y: 'step size',
      scale: 'log',
      series: series(traced('stepSize', inEpochs)),
    },
    {
      name: 'loss-steps',
      title: 'Loss of the batches by step',
      x: 'step',
      y: 'loss of the batch',
      scale: 'log',
      dots: false,
      series: series(traced('loss', (step) => step)),
    },
    {
      ...trace,
      name: 'backtracks',
      title: 'Backtracks',
      y: 'backtracks a step',
      scale: 'linear',
      series: series(traced('backtracks', inEpochs)),
    },
    {
      ...accuracy,
      name: 'accuracy-seconds',
      title: 'Test accuracy by time',
      x: 'time of training (s)',
      series: series(byEpoch(({ seconds }) => seconds, ({ epoch, testAccuracy }) => (epoch === 0 ? null : testAccuracy))), // prettier-ignore
    },
    {
      ...trace,
      name: 'evaluations',
      title: 'Evaluations beside the gradient',
      y: 'evaluations of the loss a step',
      scale: 'linear',
      series: series(traced('evaluations', inEpochs)),
    },
  ];
  return figures.map((figure) => ({ ...figure, spread: SPREAD }));
}
