import * as Plot from '@observablehq/plot';
import type { Figure } from './figures.ts';
import { colorOf, dashOf } from './palette.ts';
import type { Point } from './series.ts';

export interface DrawOptions {
  /** The page's document, or linkedom's. */
  readonly document: Document;
  readonly width?: number;
  readonly height?: number;
}

/** The figure as an SVG element. It takes its colours from the custom properties of {@link themeFor}. */
export function draw(figure: Figure, { document, width = 520, height = 320 }: DrawOptions): Element {
  const { x, y, scale, dots, series } = figure;
  const shown = series.map(({ points }) => (scale === 'log' ? points.filter(({ low }) => low > 0) : points));
  const all = shown.flat();
  const empty = all.length === 0;
  const widest = series.some(({ points }) => points.some(({ low, high }) => low < high));
  const lines = shown.map((points, i) => {
    const line = { x: 'x', y: 'y', stroke: colorOf(i) };
    return [
      ...(widest ? [Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: colorOf(i), fillOpacity: 0.16 })] : []),
      Plot.lineY(points, { ...line, strokeWidth: i === 0 ? 2.4 : 1.7, strokeDasharray: dashOf(i) || 'none' }),
      ...(dots ? [Plot.dot(points, { x: 'x', y: 'y', fill: colorOf(i), r: i === 0 ? 2.6 : 2 })] : []),
    ];
  });
  const svg = Plot.plot({
    document,
    width,
    height,
    marginLeft: 58,
    marginBottom: 42,
    marginTop: 26,
    marginRight: 24,
    insetBottom: scale === 'linear' ? 0 : 6,
    style: { background: 'none', color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
    x: {
      label: `${x} →`,
      labelAnchor: 'right',
      labelOffset: 36,
      ...(x === 'epoch' && !empty ? { ticks: wholeTicks(all), tickFormat: String } : { ticks: 6 }),
      ...(empty && { domain: [0, 1] }),
    },
    y: {
      label: `↑ ${y}${scale === 'log' ? ' (logarithmic)' : ''}`,
      type: scale === 'log' ? 'log' : 'linear',
      grid: true,
      ticks: 5,
      ...(empty && { domain: scale === 'log' ? [0.1, 1] : [0, 1] }),
      ...(scale === 'linear' && { zero: true, nice: true }),
      ...(scale === 'share' && { tickFormat: (share: number) => `${+(100 * share).toFixed(1)} %` }),
      ...(scale === 'log' && { ticks: empty ? [] : logTicks(all), tickFormat: logTick }),
    },
    // The first method on top.
    marks: [Plot.frame({ anchor: 'bottom', stroke: 'var(--faint)' }), ...lines.reverse().flat()],
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${figure.title}: ${y} against ${x}`);
  return svg;
}

/** Powers of ten, and 2 and 5 times them where the axis spans less than two decades. */
function logTicks(points: readonly Point[]): number[] {
  const smallest = Math.log10(Math.min(...points.map(({ low }) => low)));
  const largest = Math.log10(Math.max(...points.map(({ high }) => high)));
  const every = Math.ceil((largest - smallest) / 8);
  const powers = Array.from(
    { length: Math.floor(largest) - Math.floor(smallest) + 1 },
    (_, i) => i + Math.floor(smallest),
  );
  const shown = largest - smallest < 2 ? [1, 2, 5] : [1];
  return powers
    .filter((power) => power % every === 0)
    .flatMap((power) => shown.map((leading) => Number(`${leading}e${power}`)))
    .filter((tick) => Math.log10(tick) >= smallest - 1e-9 && Math.log10(tick) <= largest + 1e-9);
}

const logTick = (value: number): string =>
  value >= 1e-3 && value < 1e4 ? String(value) : value.toExponential(0).replace('e+', 'e');

/** About eight whole numbers from the first to the last. */
function wholeTicks(points: readonly Point[]): number[] {
  const first = Math.ceil(Math.min(...points.map(({ x }) => x)));
  const last = Math.floor(Math.max(...points.map(({ x }) => x)));
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => (last - first) / step <= 8) ?? 1000;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((tick) => tick % every === 0);
}
