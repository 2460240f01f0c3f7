import * as Plot from '@observablehq/plot';
import { colorOf, dashOf, linearAxis, logAxis } from '../../figures/index.ts';
import { duration } from '../../results/format.ts';
import type { Findings, Outcome, Study, StudyFigure } from '../study.ts';
import { options, regressions, settings, type CaliforniaSettings, type Regression } from './settings.ts';
import { regress, type Measurement, type RegressionResult } from './train.ts';

/** Regression on real data: methods of second order against those of first. */
export const california: Study<CaliforniaSettings, Regression, RegressionResult> = {
  name: 'california',
  title: 'California housing',
  source: 'Pace, Barry: Sparse spatial autoregressions. Statistics & Probability Letters 33 (1997)',
  data: '--data FILE: cal_housing.data, or the same as CSV (the README says how to download it)',
  takes: 'about half a minute',
  options,
  settings,
  pieces: regressions,
  work: regress,
  findings,
  measures({ measurements }) {
    const { train, test } = measurements.at(-1)!;
    return { 'test error (100,000 $)': test, 'train error (100,000 $)': train };
  },
};

function findings(outcomes: readonly Outcome<Regression, RegressionResult>[], given: CaliforniaSettings): Findings {
  const { samples, width } = given;
  const best = (measurements: readonly Measurement[]): Measurement =>
    measurements.reduce((least, now) => (now.test < least.test ? now : least));
  return {
    text: [
      `${samples} samples, a network 8-${width}-1 with ${outcomes[0]!.result.parameters.toLocaleString('en-US')} parameters; root mean square errors of the median house value, in 100,000 dollars.`,
    ],
    tables: [
      {
        title: 'Regressions',
        head: ['method', 'steps', 'train error', 'test error', 'best test error', 'after', 'seconds in all'],
        rows: outcomes.map(({ piece, result: { measurements } }) => {
          const [end, least] = [measurements.at(-1)!, best(measurements)];
          return [
            piece.label,
            String(end.step),
            end.train.toFixed(4),
            end.test.toFixed(4),
            least.test.toFixed(4),
            duration(least.seconds),
            duration(end.seconds),
          ];
        }),
        note: 'gn and lm take the full batch, in float64; the others take batches, in float32 on wasm. Seconds are those of training.',
      },
    ],
    figures: [
      figure('test-error', 'Test error by time', 'test error', outcomes, ({ test }) => test),
      figure('train-error', 'Train error by time', 'train error', outcomes, ({ train }) => train),
    ],
  };
}

function figure(
  name: string,
  title: string,
  label: string,
  outcomes: readonly Outcome<Regression, RegressionResult>[],
  of: (measurement: Measurement) => number,
): StudyFigure {
  const lines = outcomes.map(({ result }) => result.measurements.filter(({ seconds }) => seconds > 0));
  const unit = `${label}, 100,000 dollars`;
  return {
    name,
    title,
    legend: outcomes.map(({ piece }) => piece.label),
    plots: {
      x: logAxis('x', 'seconds of training', lines.flat().map(({ seconds }) => seconds)), // prettier-ignore
      y:
        name === 'test-error'
          ? { ...linearAxis('y', unit), domain: [0.4, 1.2], clamp: true }
          : logAxis('y', unit, lines.flat().map(of)),
      marks: lines.map((line, i) =>
        Plot.lineY(line, {
          x: 'seconds',
          y: of,
          stroke: colorOf(i),
          strokeDasharray: dashOf(i) || 'none',
          strokeWidth: 1.8,
        }),
      ),
    },
    numbers: [
      ['method', 'seconds', 'step', label],
      ...outcomes.flatMap(({ piece, result }) =>
        result.measurements.map((measurement) => [piece.label, measurement.seconds, measurement.step, of(measurement)]),
      ),
    ],
  };
}
