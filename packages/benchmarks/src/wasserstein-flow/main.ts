import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '../machine.ts';
import { table } from '../table.ts';
import { measure } from './measure.ts';

const help = `npm run bench -w @overparam/benchmarks -- wasserstein-flow [options]

  --rounds N   rounds in which the contenders take turns (default 30)
  --json FILE  writes every measurement

A deconvolution step of 100 particles beside NumPy; a relu step (d 100, m 1000, batch 100) in float64 and on wasm beside
PyTorch on one thread; the experiment in one dimension, 1000 steps of 30 particles.
`;

/** Measures flow steps beside NumPy and PyTorch. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '30' }, json: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return void process.stdout.write(help);
  const where = machine();
  console.log(where);
  const rows = await measure(Number(values.rounds));
  console.log(table(rows));
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify({ benchmark: 'wasserstein-flow', machine: where, rows }, undefined, 2) + '\n',
    );
}
