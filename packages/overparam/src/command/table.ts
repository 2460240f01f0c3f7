import Table from 'cli-table3';
import { byMethod, summarize } from '../figures/summary.ts';
import { duration, percent, significant } from '../results/format.ts';
import type { Results } from '../results/results.ts';
import type { Colors } from './terminal.ts';

/** The outcome, a line a method; the best of a column in bold. */
export function tableOf(results: Results, colors: Colors): string {
  const rows = byMethod(results).map(summarize);
  const seeds = results.plan.seeds.length;
  const table = new Table({
    head: ['method', 'epochs', 'train loss', 'test accuracy', 'best', 'time', 'ms/step', 'evaluations/step'].map(
      (title) => colors.dim(title),
    ),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
    chars: frame,
  });
  const best = <T>(values: readonly T[], pick: (...values: T[]) => T): T => pick(...values);
  const loss = best(rows.map(({ trainLoss }) => trainLoss ?? Infinity), Math.min); // prettier-ignore
  const accuracy = best(rows.map(({ testAccuracy }) => testAccuracy), Math.max); // prettier-ignore
  const top = best(rows.map(({ bestTestAccuracy }) => bestTestAccuracy), Math.max); // prettier-ignore
  const emphasized = (text: string, is: boolean): string => (is ? colors.bold(text) : text);
  for (const row of rows)
    table.push([
      row.label,
      String(row.epochs),
      emphasized(significant(row.trainLoss), row.trainLoss === loss),
      emphasized(percent(row.testAccuracy), row.testAccuracy === accuracy),
      emphasized(percent(row.bestTestAccuracy), row.bestTestAccuracy === top),
      duration(row.seconds),
      row.millisecondsPerStep.toFixed(1),
      row.evaluationsPerStep.toFixed(2),
    ]);
  const note = [
    seeds > 1 ? `Medians of ${seeds} seeds.` : '',
    'Evaluations: of the loss, beside its gradient. Time: of training, without the measuring between epochs.',
  ];
  return `${table.toString()}\n${colors.dim(note.filter(Boolean).join(' '))}\n`;
}

export const frame = {
  top: '─',
  'top-mid': '─',
  'top-left': '─',
  'top-right': '─',
  bottom: '─',
  'bottom-mid': '─',
  'bottom-left': '─',
  'bottom-right': '─',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};
