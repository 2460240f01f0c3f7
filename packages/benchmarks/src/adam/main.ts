import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import '@tensorflow/tfjs-backend-wasm';
import { rates, scaled, sgdRates } from './contestant.ts';
import { ill } from './ill.ts';
import { cnn, mlp } from './images.ts';
import type { MakeTask } from './task.ts';
import { lstm, transformer } from './text.ts';
import { train, type Record } from './train.ts';

const tasks: Readonly<{ [name: string]: MakeTask }> = { mlp, ill, lstm, cnn, transformer };

const help = `npm run bench -w @overparam/benchmarks -- adam [options]

  --task NAME     ${Object.keys(tasks).join(', ')}; may be repeated (default: all)
  --seeds LIST    seeds (default: 10,11,12,13,14); the first chooses the rates of Adam and SGD
  --only NAME     a contestant, such as 'adam 0.001' or ponosAdam; may be repeated (default: those of the table)
  --steps N       ends each training after N steps (default: the task's own)
  --results FILE  where every training is written to, and read from by the next call (default: adam.jsonl)
`;

/** Trains the tasks by Adam at several rates and by line searches along its direction, and prints a table. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      task: { type: 'string', multiple: true, default: Object.keys(tasks) },
      seeds: { type: 'string', default: '10,11,12,13,14' },
      only: { type: 'string', multiple: true },
      steps: { type: 'string' },
      results: { type: 'string', default: 'adam.jsonl' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const seeds = values.seeds.split(',').map(Number);
  const records = read(values.results);
  await useWasm({ threads: 1 });
  const steps = values.steps === undefined ? undefined : Number(values.steps);
  const shortened =
    (make: MakeTask): MakeTask =>
    async (seed) => {
      const task = await make(seed);
      return { ...task, steps: steps ?? task.steps };
    };
  for (const task of values.task) {
    const make = shortened(tasks[task]!);
    for (const seed of seeds) {
      const run = async (contestant: string): Promise<Record> => {
        const known = records.find((r) => r.task === task && r.contestant === contestant && r.seed === seed);
        if (known) return known;
        const record = await train(task, make, contestant, seed);
        records.push(record);
        appendFileSync(values.results, `${JSON.stringify(record)}\n`);
        return record;
      };
      if (values.only) {
        for (const contestant of values.only) await run(contestant);
        continue;
      }
      const first = seed === seeds[0];
      if (first) for (const rate of rates) await run(`adam ${rate}`);
      const best = bestRate(records, task, 'adam', rates, seeds[0]!);
      // With a decay the best rate is the same or a higher one.
      const higher = rates.slice(rates.indexOf(best)).slice(0, 3);
      if (first) for (const rate of higher) await run(`adam-linear ${rate}`);
      if (first) for (const rate of sgdRates) await run(`sgd ${rate}`);
      for (const rate of [best, 1e-3, scaled(best, 0.1), scaled(best, 10)]) await run(`adam ${rate}`);
      await run(`adam-linear ${bestRate(records, task, 'adam-linear', higher, seeds[0]!)}`);
      await run(`sgd ${bestRate(records, task, 'sgd', sgdRates, seeds[0]!)}`);
      for (const contestant of ['ponosAdam', 'ponosAdam unbounded', 'ponos']) await run(contestant);
    }
  }
}

/** By the train loss of a seed. */
function bestRate(
  records: readonly Record[],
  task: string,
  kind: string,
  among: readonly number[],
  seed: number,
): number {
  const loss = (rate: number): number =>
    records.find((r) => r.task === task && r.seed === seed && r.contestant === `${kind} ${rate}`)?.last?.train ??
    Infinity;
  return among.reduce((best, rate) => (loss(rate) < loss(best) ? rate : best));
}

const read = (file: string): Record[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record)
    : [];
