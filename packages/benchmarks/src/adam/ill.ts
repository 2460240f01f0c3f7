import * as tf from '@tensorflow/tfjs';
import { normal, random } from './random.ts';
import { maker, supervised, type Rows, type Task } from './task.ts';

const d = 20;

/** Features of sizes 1e-2 to 1e2, targets of size 1000 of a ReLU network with noise. */
function data(): { readonly train: Rows; readonly validation: Rows } {
  const next = normal(random(4242));
  const hidden = 16;
  const draw = (count: number, scale: number): number[] => Array.from({ length: count }, () => scale * next());
  const [T1, T2] = [draw(d * hidden, 1 / Math.sqrt(d)), draw(hidden, 1 / Math.sqrt(hidden))];
  const rows = (count: number): Rows => {
    const [x, y] = [new Float32Array(count * d), new Float32Array(count)];
    for (let i = 0; i < count; i++) {
      const z = draw(d, 1);
      const unit = (h: number): number => Math.max(0, 2 * z.reduce((sum, v, j) => sum + v * T1[j * hidden + h]!, 0));
      y[i] = 1000 * (T2.reduce((sum, v, h) => sum + v * unit(h), 0) + 0.1 * next());
      x.set(
        z.map((v, j) => v * 10 ** (-2 + (4 * j) / (d - 1))),
        i * d,
      );
    }
    return { count, x, y };
  };
  return { train: rows(4000), validation: rows(1000) };
}

/** 20-64-64-1 with ReLU, squared loss, batches of 64, 40 epochs. */
export async function ill(seed: number): Promise<Task> {
  const make = maker(random(seed + 77));
  const layer = (from: number, to: number): ((x: tf.Tensor2D) => tf.Tensor2D) => {
    const W = make.uniform([from, to], from) as tf.Tensor as tf.Tensor2D;
    const b = make.uniform([to], from);
    return (x) => tf.add(tf.matMul(x, W), b);
  };
  const [first, second, last] = [layer(d, 64), layer(64, 64), layer(64, 1)];
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar =>
    tf.mean(tf.square(tf.sub(last!(tf.relu(second!(tf.relu(first!(x))))), y)));
  return supervised({ ...data(), inputs: d, targets: 1, batch: 64, epochs: 40, seed, variables: make.made, loss });
}
