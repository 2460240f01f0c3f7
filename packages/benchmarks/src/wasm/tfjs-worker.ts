/** A child process that measures one tfjs backend. Argument: `stock`, `cpu`, `simd`, `relaxed` or `relaxed-all`. */
import './relaxed-simd.ts';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { type Case } from './cases.ts';
import { losses } from './models/index.ts';
import { type Answer, type Request, slow } from './protocol.ts';

const kind = process.argv[2];
const severalThreads = kind === 'relaxed-all';
if (kind === 'cpu') await tf.setBackend('cpu');
else if (kind === 'stock') await tf.setBackend('wasm');
else {
  const { threads, reasons } = await useWasm({
    relaxedSimd: kind !== 'simd',
    threads: severalThreads ? 'all' : 1,
  });
  if (severalThreads && threads === 1) process.stderr.write(`Only one thread computes: ${reasons.threads}.\n`);
}

let repeat: (() => void) | undefined;

function prepare(measured: Case): () => void {
  if (measured.kind === 'matMul') {
    const { m, n, k, batch, transposeA, transposeB } = measured;
    const shaped = (rows: number, columns: number): number[] => (batch > 1 ? [batch, rows, columns] : [rows, columns]);
    const a = tf.randomNormal(transposeA ? shaped(k, m) : shaped(m, k));
    const b = tf.randomNormal(transposeB ? shaped(n, k) : shaped(k, n));
    return () => tf.matMul(a, b, transposeA, transposeB).dispose();
  }
  const loss = losses[measured.model]();
  const optimizer = measured.optimizer === 'adam' ? tf.train.adam(1e-3) : tf.train.sgd(0.01);
  return () => {
    const cost = optimizer.minimize(loss, true)!;
    cost.dataSync();
    cost.dispose();
  };
}

/** Processor time of this process in milliseconds, which does not depend on other processes. Real time for several threads. */
function processorTime(): number {
  if (severalThreads) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function fastestRun(budget: number): number {
  const end = performance.now() + budget;
  let fastest = Infinity;
  do {
    const start = processorTime();
    let [repetitions, spent] = [0, 0];
    do {
      repeat!();
      repetitions++;
      spent = processorTime() - start;
    } while (spent < 5);
    fastest = Math.min(fastest, spent / repetitions);
  } while (performance.now() < end);
  return fastest;
}

/** Engines compile hot code in threads whose processor time counts too: let them finish, which takes longer beside others. */
function warmUp(run: () => void): void {
  const end = performance.now() + 1500;
  for (let i = 0; i < 10 || performance.now() < end; i++) run();
}

function answer(request: Request): Answer {
  try {
    if (request.prepare) {
      tf.disposeVariables();
      repeat = prepare(request.prepare);
      // The first repetition is cold, and says little unless it is far beyond the budget.
      const limit = slow * request.budget;
      const first = fastestRun(0);
      const second = first > 5 * limit ? first : fastestRun(0);
      if (second > limit) return { milliseconds: second };
      warmUp(repeat);
    }
    return { milliseconds: fastestRun(request.budget) };
  } catch (error) {
    return { impossible: (error as Error).message.split('\n')[0]! };
  }
}

console.warn = () => {};
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as Request))}\n`);
