import * as tf from '@tensorflow/tfjs';
import { capture } from '@overparam/backend-tfjs-wasm';
import { median } from '../side-by-side.ts';
import { type StepCase } from '../wasm/cases.ts';

type Kind = StepCase['optimizer'];

/** Subclasses of tfjs's optimizers: only its own compute steps by programs. */
class EagerSgd extends tf.SGDOptimizer {}
class EagerAdam extends tf.AdamOptimizer {}

const eager = (kind: Kind): tf.Optimizer => (kind === 'adam' ? new EagerAdam(1e-3, 0.9, 0.999) : new EagerSgd(0.01));
const compiled = (kind: Kind): tf.Optimizer => (kind === 'adam' ? tf.train.adam(1e-3) : tf.train.sgd(0.01));

/** A step of training; its loss is read. */
export type Step = () => void | Promise<void>;

/** The same training step, computed kernel by kernel, by `minimize` with programs, and captured as a whole. */
export function stepsOf(
  loss: () => tf.Scalar,
  kind: Kind,
): {
  readonly eager: Step;
  readonly checked: Step;
  readonly program: Step;
  /** Bytes that the program holds. */ readonly bytes: () => number;
} {
  const step = (run: () => tf.Scalar): Step => {
    return () => {
      const cost = run();
      cost.dataSync();
      cost.dispose();
    };
  };
  const [a, b, c] = [eager(kind), compiled(kind), compiled(kind)];
  const captured = capture(() => c.minimize(loss, true)!);
  return {
    eager: step(() => a.minimize(loss, true)!),
    checked: step(() => b.minimize(loss, true)!),
    program: step(captured),
    bytes: () => captured.report().programs[0]!.bytes,
  };
}

/** `model.fit` of some batches as it is, with and without programs; the time is that of a batch. */
export function fitsOf(
  make: () => tf.Sequential,
  inputs: readonly number[],
  classes: number,
): { readonly eager: Step; readonly checked: Step } {
  const [xs, ys] = [
    tf.randomNormal([...inputs], 0, 1, 'float32', 1),
    tf.oneHot(tf.randomUniform([inputs[0]!], 0, classes, 'int32', 2), classes).toFloat(),
  ];
  const fit = (optimizer: tf.Optimizer, batchSize: number): Step => {
    const model = make();
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    return async () => void (await model.fit(xs, ys, { epochs: 1, batchSize, shuffle: false, verbose: 0 }));
  };
  const batchSize = inputs[0]! / batches;
  return { eager: fit(eager('sgd'), batchSize), checked: fit(compiled('sgd'), batchSize) };
}

/** Batches of one call of `model.fit`. */
export const batches = 8;

interface Heap {
  _malloc(bytes: number): number;
  _free(at: number): void;
}

/** Bytes of the wasm heap that a step takes at its peak, beside what is there before. */
export async function peakOf(step: Step): Promise<number> {
  const heap = (tf.backend() as unknown as { wasm: Heap }).wasm;
  const { _malloc, _free } = heap;
  const sizes = new Map<number, number>();
  let [live, peak] = [0, 0];
  heap._malloc = (bytes) => {
    const at = _malloc(bytes);
    sizes.set(at >>> 0, bytes);
    peak = Math.max(peak, (live += bytes));
    return at;
  };
  heap._free = (at) => {
    live -= sizes.get(at >>> 0) ?? 0;
    sizes.delete(at >>> 0);
    _free(at);
  };
  try {
    await step();
  } finally {
    Object.assign(heap, { _malloc, _free });
  }
  return peak;
}

/** Processor time of each step in milliseconds: the median over rounds, in which all take turns, of a round's fastest run. */
export async function time(
  steps: readonly Step[],
  { rounds, budget }: { rounds: number; budget: number },
): Promise<number[]> {
  for (const step of steps) await fastest(step, 1500);
  const times = steps.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, step] of steps.entries()) times[i]!.push(await fastest(step, budget));
  return times.map(median);
}

async function fastest(step: Step, budget: number): Promise<number> {
  const end = performance.now() + budget;
  let best = Infinity;
  do {
    const before = process.cpuUsage();
    const start = performance.now();
    let count = 0;
    for (; count < 2 || performance.now() < start + 40; count++) await step();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000 / count);
  } while (performance.now() < end);
  return best;
}
