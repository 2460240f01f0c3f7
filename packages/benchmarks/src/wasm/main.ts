import './relaxed-simd.ts';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { cases, titleOf } from './cases.ts';
import { chart } from './chart.ts';
import { type Contestant, type ContestantId, enter, findTorch, titles } from './contestants.ts';
import { measure, type Measurement } from './measure.ts';
import { microKernelPeak } from './peak.ts';
import { circumstances, markdownTable, plainTable, type Report, summary, table } from './report.ts';

const help = `npm run bench -w @overparam/benchmarks -- wasm [options]

  --only TEXT      cases whose name contains the text; may be repeated
  --with LIST      contestants: ${Object.keys(titles).join(',')} (default: all)
  --rounds N       interleaved rounds, of which the median counts (default 7)
  --budget MS      how long a contestant computes in a round (default 100)
  --json FILE      writes every measurement
  --markdown FILE  writes the table
  --svg FILE       writes the bar chart
`;

/** Measures tfjs's wasm and cpu backends, this package and PyTorch side by side. */
export async function main(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      with: { type: 'string', default: Object.keys(titles).join(',') },
      rounds: { type: 'string', default: '7' },
      budget: { type: 'string', default: '100' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (options.help) return void process.stdout.write(help);
  const [rounds, budget] = [Number(options.rounds), Number(options.budget)];
  const chosen = cases.filter(
    (candidate) =>
      options.only === undefined || options.only.some((text) => `${candidate.id} ${titleOf(candidate)}`.includes(text)),
  );
  if (chosen.length === 0)
    throw new Error(`--only ${options.only?.join(', ')} fits none of: ${cases.map(({ id }) => id).join(', ')}`);

  const contestants = enterAll(options.with.split(',') as ContestantId[]);
  const [simd, relaxed] = [await microKernelPeak(false), await microKernelPeak(true)];
  const peaks = { ...(simd && { simd }), ...(relaxed && { relaxed }) };
  const measurements: Measurement[] = [];
  try {
    for (const [i, measured] of chosen.entries()) {
      const measurement = await measure(measured, contestants, { rounds, budget, rest: 150, peaks });
      measurements.push(measurement);
      process.stderr.write(`${i + 1}/${chosen.length} ${summary(measurement)}\n`);
    }
  } finally {
    for (const contestant of contestants) contestant.close();
  }

  const report: Report = {
    command:
      `npm run bench -w @overparam/benchmarks -- wasm ${args.filter((_, j) => !isOutput(args, j)).join(' ')}`.trim(),
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    measurements,
  };
  const rows = table(measurements);
  process.stdout.write(`${plainTable(rows)}\n\n${circumstances(report)}\n`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
  if (options.markdown)
    writeFileSync(
      options.markdown,
      `${markdownTable(table(measurements, { brief: true }))}\n\n${circumstances(report)}\n`,
    );
  if (options.svg) writeFileSync(options.svg, chart(report));
}

function enterAll(ids: readonly ContestantId[]): readonly Contestant[] {
  const torch = ids.some((id) => id.startsWith('torch')) ? findTorch() : undefined;
  return ids.flatMap((id) => {
    if (!(id in titles)) throw new Error(`--with names ${id}; there are ${Object.keys(titles).join(', ')}`);
    const contestant = enter(id, torch);
    if (typeof contestant !== 'string') return [contestant];
    process.stderr.write(`${titles[id]} takes no part: ${contestant}\n`);
    return [];
  });
}

const outputs = ['--json', '--markdown', '--svg'];
const isOutput = (args: readonly string[], i: number): boolean =>
  outputs.includes(args[i]!) || outputs.includes(args[i - 1] ?? '');
