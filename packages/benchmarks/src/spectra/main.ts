import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '../machine.ts';
import { table } from '../table.ts';
import { measure } from './measure.ts';

const help = `npm run bench -w @overparam/benchmarks -- spectra [options]

  --layers N, --width D, --heads H, --length T, --samples S   the transformer and the spectra (4, 128, 4, 64, 64)
  --rounds R    of each measurement (5)
  --json FILE   writes every measurement
`;

/** Measures the spectra of attention heads and feed-forward blocks beside explicit Jacobians and training steps. */
export async function main(args: readonly string[]): Promise<void> {
  const number = (text: string): { type: 'string'; default: string } => ({ type: 'string', default: text });
  const { values } = parseArgs({
    args: [...args],
    options: {
      layers: number('4'),
      width: number('128'),
      heads: number('4'),
      length: number('64'),
      samples: number('64'),
      rounds: number('5'),
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const where = machine();
  console.log(where);
  const { rows, difference, share } = await measure({
    layers: Number(values.layers),
    width: Number(values.width),
    heads: Number(values.heads),
    length: Number(values.length),
    samples: Number(values.samples),
    rounds: Number(values.rounds),
  });
  console.log(table(rows));
  console.log(`lambda_max agrees with that of the explicit Jacobians to ${difference.toExponential(1)}`);
  console.log(`MAT's selection takes ${(100 * share).toPrecision(2)} % of the time of training, every 100 steps`);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify({ benchmark: 'spectra', machine: where, rows, difference, share }, undefined, 2) + '\n',
    );
}
