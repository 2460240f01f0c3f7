import { table, type Row } from '../table.ts';
import { best, scaled } from './rates.ts';
import type { Record } from './train.ts';

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
};

const shown = (value: number): string => String(Number(value.toPrecision(3)));

/** The median, and the range where there are several seeds; "diverged" where it is not finite. */
function spread(values: readonly (number | null)[]): string {
  const numbers = values.map((value) => value ?? Infinity);
  const middle = median(numbers);
  if (!Number.isFinite(middle)) return 'diverged';
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const end = Number.isFinite(most) ? shown(most) : 'diverged';
  return numbers.length === 1 ? shown(middle) : `${shown(middle)} (${shown(least)} to ${end})`;
}

/** A row of the table: a contestant, and which of its weights. */
type Line = readonly [label: string, contestant: string, of: 'last' | 'averaged'];

function linesOf(records: readonly Record[]): readonly Line[] {
  const adam = best(records, 'adam');
  const linear = best(records, 'adam-linear');
  const sgd = best(records, 'sgd');
  return [
    ['ponosAdam', 'ponosAdam', 'last'],
    ['ponosAdam, unbounded, averaged', 'ponosAdam unbounded', 'averaged'],
    ['ponosAdam, unbounded, last', 'ponosAdam unbounded', 'last'],
    [`Adam ${adam}, the best`, `adam ${adam}`, 'last'],
    [`Adam ${adam}, averaged`, `adam ${adam}`, 'averaged'],
    [`Adam ${linear}, linear decay`, `adam-linear ${linear}`, 'last'],
    ['Adam 0.001', 'adam 0.001', 'last'],
    [`Adam ${scaled(adam, 0.1)}, the best / 10`, `adam ${scaled(adam, 0.1)}`, 'last'],
    [`Adam ${scaled(adam, 10)}, the best x 10`, `adam ${scaled(adam, 10)}`, 'last'],
    ['ponos, rho 0.25, along -g', 'ponos', 'last'],
    [`SGD ${sgd}, the best of three`, `sgd ${sgd}`, 'last'],
  ];
}

/** Medians and ranges over the seeds of a task; times are ratios to Adam's. */
export function tableOf(records: readonly Record[]): string {
  const lines = linesOf(records);
  const adam = records.filter(({ contestant }) => contestant === lines[3]![1]);
  const usual = median(adam.map(({ millisecondsPerStep }) => millisecondsPerStep));
  const rows = lines.flatMap(([label, contestant, of]): Row[] => {
    const runs = records.filter((record) => record.contestant === contestant);
    if (runs.length === 0) return [];
    return [
      {
        '': label,
        seeds: runs.length,
        'train loss': spread(runs.map((run) => run[of]?.train ?? null)),
        'validation loss': spread(runs.map((run) => run[of]?.validation ?? null)),
        'evaluations a step': shown(median(runs.map((run) => run.evaluationsPerStep))),
        'time a step': `${shown(median(runs.map((run) => run.millisecondsPerStep)) / usual)}x`,
      },
    ];
  });
  return table(rows);
}
