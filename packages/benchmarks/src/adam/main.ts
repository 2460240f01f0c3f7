import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import '@tensorflow/tfjs-backend-wasm';
import { machine } from '../machine.ts';
import { figureOf } from './figure.ts';
import { ill } from './ill.ts';
import { cnn, mlp } from './images.ts';
import { adamRates, best, scaled, sgdRates } from './rates.ts';
import { tableOf } from './report.ts';
import type { MakeTask } from './task.ts';
import { lstm, transformer } from './text.ts';
import { train, type Record } from './train.ts';

const tasks: Readonly<{ [name: string]: MakeTask }> = { mlp, cnn, lstm, transformer, ill };

const help = `npm run bench -w @overparam/benchmarks -- adam [options]

  --task NAME     ${Object.keys(tasks).join(', ')}; may be repeated (default: all)
  --seeds LIST    seeds (default: 10,11,12,13,14); the first tries all rates of Adam and SGD
  --only NAME     a contestant, such as 'adam 0.001' or ponosAdam; may be repeated (default: all)
  --steps N       ends each training after N steps (default: the task's own)
  --results FILE  what was trained is added there, and not trained again (default: adam.jsonl)
  --report        trains nothing: the tables of the results
  --figure FILE   writes the figure of the results, as SVG
`;

/** Trains by line searches along Adam's direction and by Adam at several rates, and prints a table for each task. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      task: { type: 'string', multiple: true, default: Object.keys(tasks) },
      seeds: { type: 'string', default: '10,11,12,13,14' },
      only: { type: 'string', multiple: true },
      steps: { type: 'string' },
      results: { type: 'string', default: 'adam.jsonl' },
      report: { type: 'boolean' },
      figure: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const seeds = values.seeds.split(',').map(Number);
  const records = read(values.results);
  const of = (task: string): Record[] => records.filter((record) => record.task === task);
  if (!values.report) {
    await useWasm({ threads: 1 });
    for (const task of values.task)
      for (const seed of seeds)
        for (const contestant of values.only ?? contestants(() => of(task), seed === seeds[0])) {
          if (of(task).some((record) => record.contestant === contestant && record.seed === seed)) continue;
          const steps = values.steps === undefined ? undefined : Number(values.steps);
          const record = await train(task, shortened(tasks[task]!, steps), contestant, seed);
          records.push(record);
          appendFileSync(values.results, `${JSON.stringify(record)}\n`);
        }
  }
  console.log(machine());
  const present = values.task.filter((task) => of(task).length > 0);
  for (const task of present) console.log(`\n${task}, ${of(task)[0]!.steps} steps\n\n${tableOf(of(task))}`);
  if (values.figure !== undefined)
    writeFileSync(
      values.figure,
      // A curve of two rates is none.
      figureOf(
        present.map((task) => [task, of(task)] as const).filter(([, all]) => ratesTried(all, seeds[0]!) > 2),
        seeds[0]!,
      ),
    );
}

/** In an order in which each can follow from the results of those before. */
function* contestants(records: () => readonly Record[], grid: boolean): Generator<string> {
  if (grid) for (const rate of adamRates) yield `adam ${rate}`;
  const rate = best(records(), 'adam');
  for (const one of [rate, 1e-3, scaled(rate, 0.1), scaled(rate, 10)]) yield `adam ${one}`;
  // With a decay the best rate is the same, or a higher one.
  if (grid) for (const higher of adamRates.slice(adamRates.indexOf(rate)).slice(0, 3)) yield `adam-linear ${higher}`;
  if (grid) for (const one of sgdRates) yield `sgd ${one}`;
  yield `adam-linear ${best(records(), 'adam-linear')}`;
  yield `sgd ${best(records(), 'sgd')}`;
  yield* ['ponosAdam', 'ponosAdam unbounded', 'ponos'];
}

const ratesTried = (records: readonly Record[], seed: number): number =>
  adamRates.filter((rate) => records.some((one) => one.contestant === `adam ${rate}` && one.seed === seed)).length;

const shortened =
  (make: MakeTask, steps: number | undefined): MakeTask =>
  async (seed) => {
    const task = await make(seed);
    return { ...task, steps: steps ?? task.steps };
  };

const read = (file: string): Record[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record)
    : [];
