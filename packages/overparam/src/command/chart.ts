import asciichart from 'asciichart';
import { byMethod } from '../figures/summary.ts';
import { significant } from '../results/format.ts';
import type { Results } from '../results/results.ts';
import { median } from '../results/quantile.ts';

const COLORS = [34, 31, 32, 35, 33, 36, 94, 91].map((code) => `\u001b[${code}m`);
const RESET = '\u001b[0m';
const HEIGHT = 12;

/** The training loss over the epochs, on a logarithmic axis; medians over seeds. Only for terminals with colours. */
export function chartOf(results: Results, columns: number): string {
  const methods = byMethod(results);
  const width = Math.max(20, Math.min(72, columns - 14));
  const { epochs } = results.plan;
  const series = methods.map(({ runs }) => {
    const last = Math.max(...runs.map(({ epochs }) => epochs.length)) - 1;
    const logs = Array.from({ length: last + 1 }, (_, epoch) => {
      const losses = runs.flatMap(({ epochs }) => epochs[epoch]?.trainLoss ?? []);
      return Math.log10(Math.max(1e-12, median(losses)));
    });
    return stretched(logs, Math.max(2, Math.round((width * last) / Math.max(1, epochs))));
  });
  const drawn = series.filter((values) => values.length > 0 && values.every(Number.isFinite));
  if (drawn.length === 0) return '';
  const colorOf = (i: number): string => COLORS[i % COLORS.length]!;
  const plot = asciichart.plot(drawn, {
    height: HEIGHT,
    colors: series.flatMap((values, i) => (drawn.includes(values) ? [colorOf(i)] : [])),
    format: (log) => significant(10 ** log).padStart(9),
  });
  const legend = methods.map(({ label }, i) => `${colorOf(i)}──${RESET} ${label}`).join('   ');
  return `train loss over ${epochs} epochs   ${legend}\n${plot}\n`;
}

/** Linear interpolation to a number of points. */
function stretched(values: readonly number[], points: number): number[] {
  if (values.length < 2) return [...values];
  return Array.from({ length: points }, (_, i) => {
    const at = (i / (points - 1)) * (values.length - 1);
    const left = Math.min(Math.floor(at), values.length - 2);
    return values[left]! + (at - left) * (values[left + 1]! - values[left]!);
  });
}
