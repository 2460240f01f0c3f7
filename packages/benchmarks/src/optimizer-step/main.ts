import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '../machine.ts';
import { table } from '../table.ts';
import { measure } from './measure.ts';

const help = `npm run bench -w @overparam/benchmarks -- optimizer-step [options]

  --backend NAME  wasm (tfjs's own), useWasm (with our kernels) or cpu; may be repeated (default: all)
  --json FILE     writes every measurement
`;

/** Measures a step of our optimizers beside a step of tfjs's own. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      backend: { type: 'string', multiple: true, default: ['wasm', 'useWasm', 'cpu'] },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const where = machine();
  console.log(where);
  const rows = await measure(values.backend);
  console.log(table(rows));
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify({ benchmark: 'optimizer-step', machine: where, rows }, undefined, 2) + '\n',
    );
}
