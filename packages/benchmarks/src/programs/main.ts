import '../wasm/relaxed-simd.ts';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { capture, stepReport, useWasm } from '@overparam/backend-tfjs-wasm';
import { machine } from '../machine.ts';
import { type Row, table } from '../table.ts';
import { cases } from '../wasm/cases.ts';
import { losses } from '../wasm/models/index.ts';
import { lstm } from '../wasm/models/lstm.ts';
import { batches, fitsOf, peakOf, stepsOf, time } from './measure.ts';

const help = `npm run bench -w @overparam/benchmarks -- programs [options]

  --rounds N      rounds, in which all take turns (default: 5)
  --budget MS     milliseconds of each in a round (default: 400)
  --only TEXT     cases with this in their title; may be repeated
  --steps N       instead: trains N steps, and prints the memory on the way
`;

/** Measures training steps as programs beside the same steps kernel by kernel, on one thread, by processor time. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ rounds: { type: 'string', default: '5' }, budget: { type: 'string', default: '400' } },
      ...{ only: { type: 'string', multiple: true }, steps: { type: 'string' }, help: { type: 'boolean' } },
    },
  });
  if (values.help) return void process.stdout.write(help);
  await useWasm({ threads: 1 });
  console.warn = () => {};
  if (values.steps !== undefined) return endure(Number(values.steps));
  const options = { rounds: Number(values.rounds), budget: Number(values.budget) };
  const wanted = (title: string): boolean => values.only?.some((text) => title.includes(text)) ?? true;
  console.log(`${machine()}, one thread, milliseconds of processor time`);

  const rows: Row[] = [];
  for (const measured of cases) {
    if (measured.kind !== 'step' || !wanted(measured.title)) continue;
    const steps = stepsOf(losses[measured.model](), measured.optimizer);
    const contenders = [steps.eager, steps.checked, steps.program];
    const [eager, checked, program] = (await time(contenders, options)) as [number, number, number];
    const [peak, held] = [(await peakOf(steps.eager)) / 1e6, steps.bytes() / 1e6];
    rows.push({
      ...{ case: measured.title, 'kernel by kernel': eager, minimize: checked, faster: ratio(eager, checked) },
      ...{ captured: program, 'faster ': ratio(eager, program) },
      ...{ 'peak, MB': peak, 'program, MB': held },
    });
    tf.disposeVariables();
  }
  for (const [title, make, inputs, classes] of fits) {
    if (!wanted(title)) continue;
    const fit = fitsOf(make, inputs, classes);
    const [eager, checked] = (await time([fit.eager, fit.checked], options)).map((all) => all / batches) as [
      number,
      number,
    ];
    rows.push({
      case: title,
      'kernel by kernel': eager,
      minimize: checked,
      faster: ratio(eager, checked),
      captured: '',
      'faster ': '',
      'peak, MB': '',
      'program, MB': '',
    });
    tf.disposeVariables();
  }
  console.log(table(rows));

  if (!wanted('growth')) return;
  const growth: Row[] = [];
  for (const steps of [1, 2, 4, 8, 16, 32, 64]) {
    const loss = lstm({ features: 32, units: 128, steps, batch: 32 });
    const optimizer = tf.train.sgd(0.01);
    const step = capture(() => optimizer.minimize(loss, true)!);
    const [milliseconds] = await time([() => tf.dispose(step())], options);
    const { calls, bytes } = step.report().programs[0]!;
    growth.push({
      ...{
        'LSTM steps': steps,
        'calls of kernels': calls,
        ms: milliseconds!,
        'us a call': (1000 * milliseconds!) / calls,
      },
      'MB of the program': bytes / 1e6,
    });
    step.dispose();
    tf.disposeVariables();
  }
  console.log(`\n${table(growth)}`);
}

const ratio = (a: number, b: number): string => `${(a / b).toPrecision(3)}x`;

const fits: readonly (readonly [
  title: string,
  make: () => tf.Sequential,
  inputs: readonly number[],
  classes: number,
])[] = [
  [
    'model.fit, MLP 20-64-64-3, batch 64, SGD',
    () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ inputShape: [20], units: 64, activation: 'relu' }),
          tf.layers.dense({ units: 64, activation: 'relu' }),
          tf.layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    [64 * batches, 20],
    3,
  ],
  [
    'model.fit, LSTM 32-128, T 32, batch 32, SGD',
    () =>
      tf.sequential({
        layers: [
          tf.layers.lstm({
            inputShape: [32, 32],
            units: 128,
            recurrentActivation: 'sigmoid',
            recurrentInitializer: 'glorotNormal',
          }),
          tf.layers.dense({ units: 10, activation: 'softmax' }),
        ],
      }),
    [32 * batches, 32, 32],
    10,
  ],
];

/** Trains the small network by `minimize` and captured, and prints what memory they take on the way. */
function endure(count: number): void {
  const [optimizer, other] = [tf.train.adam(1e-3), tf.train.adam(1e-3)];
  const loss = losses['small-mlp']();
  const step = capture(() => other.minimize(loss, true)!);
  const rows: Row[] = [];
  for (let i = 0; i <= count; i++) {
    optimizer.minimize(loss);
    step().dispose();
    if (i < 100 || i % Math.ceil(count / 10) !== 0) continue;
    (globalThis as { gc?: () => void }).gc?.();
    const { numTensors, numDataBuffers } = tf.memory();
    const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
    rows.push({
      ...{ steps: i, tensors: numTensors, buffers: numDataBuffers, 'wasm heap, MB': heap / 1e6 },
      'JavaScript heap, MB': process.memoryUsage().heapUsed / 1e6,
    });
  }
  console.log(table(rows));
  const { compiled, eager } = stepReport(optimizer);
  console.log(
    `minimize: ${compiled} steps by programs, ${eager} kernel by kernel; captured: ${step.report().compiled} by programs.`,
  );
}
