import { type ContestantId, titles } from './contestants.ts';
import { type Measurement } from './measure.ts';
import { median, medianRatio } from './statistics.ts';

export interface Report {
  readonly command: string;
  readonly cpu: string;
  readonly node: string;
  readonly date: string;
  readonly rounds: number;
  readonly measurements: readonly Measurement[];
}

const order: readonly ContestantId[] = ['stock', 'cpu', 'simd', 'relaxed', 'relaxed-all', 'torch', 'torch-all'];

/** What all threads are compared with: one thread, and PyTorch on as many. */
const besideAll: readonly ContestantId[] = ['relaxed', 'torch-all'];

/** How many times as fast as `other` the package is; undefined when one of them was not measured. */
export function speedup(
  measurement: Measurement,
  ours: 'simd' | 'relaxed' | 'relaxed-all',
  other: ContestantId,
): number | undefined {
  const [a, b] = [measurement.milliseconds[other], measurement.milliseconds[ours]];
  return a && b && medianRatio(a, b);
}

const milliseconds = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const times = (value: number | undefined): string =>
  value === undefined ? '' : `${value >= 10 ? value.toFixed(0) : value.toFixed(2)}x`;

/** GF/s of a product by the package's fastest build, and the share of the micro-kernel's peak that this is. */
function rate({ flops, milliseconds, peak }: Measurement): string {
  const ours = milliseconds.relaxed ? 'relaxed' : 'simd';
  const values = milliseconds[ours];
  if (flops === undefined || values === undefined || peak[ours].length === 0) return '';
  const rates = values.map((value) => flops / value / 1e6);
  return `${median(rates).toFixed(1)} GF/s, ${(100 * medianRatio(rates, peak[ours])).toFixed(0)}%`;
}

/** The table: a row of headings, then a row per case. Times in milliseconds; ratios of both builds, or only of the one with FMA. */
export function table(
  measurements: readonly Measurement[],
  { brief = false }: { readonly brief?: boolean } = {},
): readonly (readonly string[])[] {
  const present = order.filter((id) => measurements.some((m) => m.milliseconds[id] ?? m.impossible[id]));
  const ratios = present.filter((id) => id === 'stock' || id === 'torch' || (id === 'cpu' && !brief));
  const builds = present.filter((id) => id === 'simd' || id === 'relaxed').slice(brief ? -1 : 0);
  const all = present.includes('relaxed-all') ? besideAll.filter((id) => present.includes(id)) : [];
  const products = measurements.some(({ flops }) => flops !== undefined);
  const head = [
    'case',
    ...present.map((id) => `${titles[id]}, ms`),
    ...ratios.flatMap((other) => builds.map((ours) => `${titles[ours]} / ${titles[other]}`)),
    ...all.map((other) => `${titles['relaxed-all']} / ${titles[other]}`),
    ...(products ? ['rate, of peak'] : []),
  ];
  const rows = measurements.map((m) => [
    m.title,
    ...present.map((id) => {
      const values = m.milliseconds[id];
      return values ? milliseconds(median(values)) : m.impossible[id] ? 'cannot' : '';
    }),
    ...ratios.flatMap((other) => builds.map((ours) => times(speedup(m, ours, other)))),
    ...all.map((other) => times(speedup(m, 'relaxed-all', other))),
    ...(products ? [rate(m)] : []),
  ]);
  return [head, ...rows];
}

/** One line on a case, for the terminal while the others are measured. */
export const summary = (m: Measurement): string =>
  [
    m.title,
    ...order.flatMap((id) => {
      const values = m.milliseconds[id];
      const reason = m.impossible[id];
      return values
        ? [`${titles[id]} ${milliseconds(median(values))} ms`]
        : reason
          ? [`${titles[id]} cannot (${reason})`]
          : [];
    }),
    rate(m),
  ]
    .filter((part) => part !== '')
    .join(', ');

/** Columns padded to a common width. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

export function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(head!), `|${head!.map((_, i) => (i === 0 ? ' --- ' : ' --: ')).join('|')}|`, ...rows.map(line)].join(
    '\n',
  );
}

/** Where the run took place: the CPU by its model, and the versions that matter. */
export const circumstances = ({ cpu, node, rounds, command }: Report): string =>
  `${cpu}, Node ${node}, medians of ${rounds} interleaved rounds. Command: \`${command}\`.`;
