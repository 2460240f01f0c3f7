import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { lstm as lstmModel, transformer as transformerModel } from 'overparam/models';
import { random } from './random.ts';
import type { Task } from './task.ts';

interface Text {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly vocabulary: number;
}

/** The text that comes with `overparam`, as numbers of its bytes: 20,000 to validate follow those to train on. */
async function text(bytes: number): Promise<Text> {
  const file = new URL('data/state-of-the-union.txt.gz', import.meta.resolve('overparam/package.json'));
  const all = gunzipSync(await readFile(fileURLToPath(file))).subarray(0, bytes + 20_000);
  const numbers = new Map<number, number>();
  for (const byte of all) if (!numbers.has(byte)) numbers.set(byte, numbers.size);
  const ids = Int32Array.from(all, (byte) => numbers.get(byte)!);
  return { train: ids.subarray(0, bytes), validation: ids.subarray(bytes), vocabulary: numbers.size };
}

interface Model {
  readonly parameters: readonly { readonly variable: tf.Variable }[];
  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar;
}

/** To predict the next byte: sequences of T bytes begin anywhere; those that are measured, at even distances. */
function nextByte(
  { train, validation }: Text,
  model: Model,
  options: { T: number; batch: number; steps: number; seed: number },
): Task {
  // prettier-ignore
  const { T, batch, steps, seed } = options;
  const uniform = random(seed + 1000);
  let held: tf.Tensor[] = [];
  const sequences = (from: Int32Array, starts: readonly number[]): [tf.Tensor2D, tf.Tensor2D] => {
    const shifted = (by: number): tf.Tensor2D =>
      tf.tensor2d(
        Int32Array.from({ length: starts.length * T }, (_, i) => from[starts[Math.floor(i / T)]! + (i % T) + by]!),
        [starts.length, T],
        'int32',
      );
    return [shifted(0), shifted(1)];
  };
  const mean = (from: Int32Array): number => {
    const starts = Array.from({ length: 256 }, (_, i) => Math.floor((i * (from.length - T - 1)) / 255));
    let sum = 0;
    for (let i = 0; i < 256; i += 64)
      tf.tidy(() => void (sum += model.loss(...sequences(from, starts.slice(i, i + 64))).dataSync()[0]!));
    return sum / 4;
  };
  const variables = model.parameters.map(({ variable }) => variable);
  return {
    variables,
    statistics: [],
    steps,
    batch() {
      tf.dispose(held);
      const [x, y] = sequences(
        train,
        Array.from({ length: batch }, () => Math.floor(uniform() * (train.length - T - 1))),
      );
      held = [x, y];
      return () => model.loss(x, y);
    },
    measure: () => ({ train: mean(train), validation: mean(validation) }),
    dispose: () => tf.dispose([...held, ...variables]),
  };
}

/** The model of the study `transformer-lm`: 4 layers of width 48, 2 heads, 16 sequences of 32 bytes a step. */
export async function transformer(seed: number): Promise<Task> {
  const data = await text(800_000);
  const model = transformerModel({ vocabulary: data.vocabulary, length: 32, layers: 4, width: 48, heads: 2, seed });
  return nextByte(data, model, { T: 32, batch: 16, steps: 4000, seed });
}

/** An LSTM of width 48, 16 sequences of 16 bytes a step. */
export async function lstm(seed: number): Promise<Task> {
  const data = await text(100_000);
  const model = lstmModel({ vocabulary: data.vocabulary, width: 48, embedding: 16, seed });
  return nextByte(data, model, { T: 16, batch: 16, steps: 800, seed });
}
