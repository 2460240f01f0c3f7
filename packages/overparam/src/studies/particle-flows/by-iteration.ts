import * as Plot from '@observablehq/plot';
import { colorOf, dashOf, linearAxis, logAxis } from '../../figures/index.ts';
import type { StudyFigure } from '../study.ts';

export interface Curve {
  readonly label: string;
  readonly points: readonly { readonly iteration: number; readonly value: number | null }[];
}

interface ByIteration {
  readonly name: string;
  readonly title: string;
  readonly label: string;
  readonly note?: string;
  /** Whether the first iterations are to be seen as well as the last. */
  readonly logarithmic?: boolean;
  readonly curves: readonly Curve[];
}

/** Positive values against the iteration, on a logarithmic scale; what is 0, or unknown, is left out. */
export function byIteration({ name, title, label, note, logarithmic = false, curves }: ByIteration): StudyFigure {
  const lines = curves.map(({ points }) =>
    points.flatMap(({ iteration, value }) =>
      value !== null && value > 0 && (iteration > 0 || !logarithmic) ? [{ iteration, value }] : [],
    ),
  );
  const all = lines.flat();
  return {
    name,
    title,
    ...(note !== undefined && { note }),
    legend: curves.map(({ label: of }) => of),
    plots: {
      x: logarithmic
        ? logAxis(
            'x',
            'iteration',
            all.map(({ iteration }) => iteration),
          )
        : linearAxis('x', 'iteration'),
      y: logAxis(
        'y',
        label,
        all.map(({ value }) => value),
      ),
      marks: lines.map((line, i) =>
        Plot.lineY(line, {
          x: 'iteration',
          y: 'value',
          stroke: colorOf(i),
          strokeDasharray: dashOf(i) || 'none',
          strokeWidth: 1.8,
        }),
      ),
    },
    numbers: [
      ['curve', 'iteration', label],
      ...curves.flatMap(({ label: of, points }) =>
        points.flatMap(({ iteration, value }) => (value === null ? [] : [[of, iteration, value]])),
      ),
    ],
  };
}
