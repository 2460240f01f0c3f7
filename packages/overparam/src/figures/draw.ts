import * as Plot from '@observablehq/plot';
import { linearAxis, logAxis } from './axes.ts';
import type { Figure } from './figures.ts';
import { framed, type DrawOptions } from './framed.ts';
import { colorOf, dashOf } from './palette.ts';
import type { Point } from './series.ts';

/** The figure as an SVG element. It takes its colours from the custom properties of {@link themeFor}. */
export const draw = (figure: Figure, options: DrawOptions): Element =>
  framed(plotOf(figure), `${figure.title}: ${figure.y} against ${figure.x}`, options);

/** The figure in the terms of Observable Plot, for {@link framed}. */
export function plotOf(figure: Figure): Plot.PlotOptions {
  const { x, y, scale, xScale, dots, series } = figure;
  const shown = series.map(({ points }) =>
    points
      .map(({ x, y, low = y, high = y }) => ({ x, y, low, high }))
      .filter((point) => [point.x, point.y, point.low, point.high].every(Number.isFinite))
      .filter((point) => (scale !== 'log' || point.low > 0) && (xScale !== 'log' || point.x > 0)),
  );
  const all = shown.flat();
  const empty = all.length === 0;
  const widest = all.some(({ low, high }) => low < high);
  const lines = shown.map((points, i) => {
    const line = { x: 'x', y: 'y', stroke: colorOf(i) };
    return [
      ...(widest ? [Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: colorOf(i), fillOpacity: 0.16 })] : []),
      Plot.lineY(points, { ...line, strokeWidth: i === 0 ? 2.4 : 1.7, strokeDasharray: dashOf(i) || 'none' }),
      ...(dots ? [Plot.dot(points, { x: 'x', y: 'y', fill: colorOf(i), r: i === 0 ? 2.6 : 2 })] : []),
    ];
  });
  return {
    insetBottom: scale === 'linear' ? 0 : 6,
    x: {
      ...(xScale === 'log'
        ? logAxis(
            'x',
            x,
            all.map((point) => point.x),
          )
        : linearAxis('x', x)),
      ...(x === 'epoch' && !empty && { ticks: wholeTicks(all), tickFormat: String }),
      ...(empty && { domain: [0, 1] }),
    },
    y:
      scale === 'log'
        ? logAxis(
            'y',
            y,
            all.flatMap(({ low, high }) => [low, high]),
          )
        : {
            ...linearAxis('y', y),
            ...(empty && { domain: [0, 1] }),
            ...(scale === 'linear' && { zero: true, nice: true }),
            ...(scale === 'share' && { tickFormat: (share: number) => `${+(100 * share).toFixed(1)} %` }),
          },
    // The first method on top.
    marks: lines.reverse().flat(),
  };
}

/** About eight whole numbers from the first to the last. */
function wholeTicks(points: readonly Point[]): number[] {
  const first = Math.ceil(Math.min(...points.map(({ x }) => x)));
  const last = Math.floor(Math.max(...points.map(({ x }) => x)));
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => (last - first) / step <= 8) ?? 1000;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((tick) => tick % every === 0);
}
