import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../machine.ts';
import { median } from '../side-by-side.ts';
import { findTorch } from '../wasm/contestants.ts';
import { table, type Row } from '../table.ts';
import type { Measured, Size } from './protocol.ts';

const help = `npm run bench -w @overparam/benchmarks -- gauss-newton [options]

  --size d,M      inputs and hidden units, with 500 samples; may be repeated (default: 10,1000 784,1000 10,5000)
  --rounds N      how often each contestant is started (default: 3)
  --official-steps N  steps of the official algorithm in each round, which takes seconds for each (default: 1)
  --json FILE     writes every measurement
`;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
// torch.set_num_threads does not reach OpenBLAS.
const oneThread = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };

interface Contestant {
  readonly name: string;
  measure(size: Size, officialSteps: number): Measured | undefined;
}

function started(command: string, args: readonly string[]): Measured | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { env: oneThread, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured;
  process.stderr.write(`${command} ${args.join(' ')}\n${stderr}\n`);
  return undefined;
}

const ours =
  (damping: 'adaptive' | number) =>
  (size: Size): Measured | undefined =>
    started(process.execPath, [
      path('./worker.js'),
      ...[size, damping, 3, 11].map((argument) => JSON.stringify(argument)),
    ]);

const python = findTorch();
const torch =
  (algorithm: 'official' | 'hadamard') =>
  ({ samples, inputs, units }: Size, officialSteps: number): Measured | undefined =>
    python === undefined
      ? undefined
      : started(python, [
          path('../../torch/gauss_newton_step.py'),
          ...['--algorithm', algorithm, '--samples', samples, '--inputs', inputs, '--units', units].map(String),
          ...(algorithm === 'official'
            ? ['--warmup', '0', '--steps', String(officialSteps)]
            : ['--warmup', '3', '--steps', '11']),
        ]);

const contestants: readonly Contestant[] = [
  { name: 'ours, eps adaptive (eigenvalues)', measure: ours('adaptive') },
  { name: 'ours, eps constant (Cholesky)', measure: ours(1e-6) },
  { name: 'torch, official algorithm', measure: torch('official') },
  { name: 'torch, by hand: Hadamard and Cholesky', measure: torch('hadamard') },
];

/** Measures a Gauss-Newton step beside PyTorch, every contestant in a process of its own, in turn, on one thread. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', multiple: true, default: ['10,1000', '784,1000', '10,5000'] },
      rounds: { type: 'string', default: '3' },
      'official-steps': { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const where = machine();
  console.log(where);
  if (python === undefined) console.log('No python3 with torch was found (Debian: python3-torch).');
  const rows: Row[] = [];
  const measurements: unknown[] = [];
  for (const text of values.size) {
    const [inputs, units] = text.split(',').map(Number) as [number, number];
    const size = { samples: 500, inputs, units };
    const times = contestants.map((): number[] => []);
    const peaks = contestants.map(() => 0);
    for (let round = 0; round < Number(values.rounds); round++)
      contestants.forEach(({ name, measure }, i) => {
        const measured = measure(size, Number(values['official-steps']));
        if (!measured) return;
        times[i]!.push(...measured.times);
        peaks[i] = Math.max(peaks[i]!, measured.peak);
        measurements.push({ ...size, name, round, ...measured });
      });
    const official = times[2]!.length > 0 ? median(times[2]!) : NaN;
    const byHand = times[3]!.length > 0 ? median(times[3]!) : NaN;
    contestants.forEach(({ name }, i) => {
      if (times[i]!.length === 0) return;
      const time = median(times[i]!);
      rows.push({
        'd, M': text,
        contestant: name,
        'ms a step': time,
        'times faster than official': official / time,
        'against torch by hand': time / byHand,
        'peak MB': peaks[i]! / 1e6,
      });
    });
  }
  console.log(table(rows));
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify({ benchmark: 'gauss-newton', machine: where, measurements }, undefined, 2) + '\n',
    );
}
