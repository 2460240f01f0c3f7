import * as Plot from '@observablehq/plot';
import { colorOf, dashOf, linearAxis } from '../../figures/index.ts';
import { median, quartiles } from '../../results/quantile.ts';
import type { StudyFigure } from '../study.ts';
import { labelOf, type Compared } from './compared.ts';

const GIGA = 1e9;

/** The validation loss against what it cost: the median over seeds, and the quartiles where there are several. */
export function validationFigure(compared: readonly Compared[], cost: 'work' | 'seconds'): StudyFigure {
  const unit = cost === 'work' ? GIGA : 1;
  const label = cost === 'work' ? '10⁹ FLOPs' : 'seconds of training';
  const lines = compared.map(({ method, outcomes }) => ({
    label: labelOf(method),
    points: (outcomes[0]?.result.measurements ?? []).flatMap((_, k) => {
      const there = outcomes.flatMap(({ result }) => result.measurements[k] ?? []);
      const losses = there.flatMap(({ validationLoss }) => validationLoss ?? []);
      if (losses.length === 0) return [];
      const { low, middle, high } = quartiles(losses);
      return [{ x: median(there.map((one) => one[cost])) / unit, y: middle, low, high }];
    }),
  }));
  // The first fall, from the loss of guessing, would take the whole height.
  const floor = Math.min(...lines.flatMap(({ points }) => points.map(({ low }) => low)));
  const top = Math.max(
    ...lines.flatMap(({ points }) => points.slice(Math.ceil(points.length / 8)).map(({ high }) => high)),
  );
  return {
    name: `validation-${cost}`,
    title: cost === 'work' ? 'Validation loss by work' : 'Validation loss by time',
    legend: lines.map(({ label }) => label),
    note: 'Medians over seeds; shaded, from the lower quartile to the upper.',
    plots: {
      x: linearAxis('x', label),
      y: { ...linearAxis('y', 'validation loss'), ...(floor < top && { domain: [floor, top] }), clamp: true },
      marks: lines.flatMap(({ points }, i) => [
        Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: colorOf(i), fillOpacity: 0.14 }),
        Plot.lineY(points, {
          x: 'x',
          y: 'y',
          stroke: colorOf(i),
          strokeDasharray: dashOf(i) || 'none',
          strokeWidth: 1.8,
        }),
      ]),
    },
    numbers: [
      ['modules trained', label, 'validation loss: median', 'lower quartile', 'upper quartile'],
      ...lines.flatMap(({ label: name, points }) => points.map(({ x, y, low, high }) => [name, x, y, low, high])),
    ],
  };
}
