import * as tf from '@tensorflow/tfjs';
import { permutation, random } from './random.ts';

/** What all contestants train, from the same seed on the same batches. */
export interface Task {
  readonly variables: readonly tf.Variable[];
  /** What training moves without a gradient: the statistics of batch normalization. */
  readonly statistics: readonly tf.Variable[];
  readonly steps: number;
  /** The loss of the step's batch; each call computes it again. */
  batch(step: number): () => tf.Scalar;
  measure(): { readonly train: number; readonly validation: number };
  dispose(): void;
}

export type MakeTask = (seed: number) => Promise<Task>;

/** Rows of inputs and of targets. */
export interface Rows {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

export interface Supervised {
  readonly train: Rows;
  readonly validation: Rows;
  /** Numbers in a row. */
  readonly inputs: number;
  readonly targets: number;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
  readonly variables: readonly tf.Variable[];
  readonly statistics?: readonly tf.Variable[];
  /** The mean loss; `training` turns dropout and batch statistics on. */
  loss(x: tf.Tensor2D, y: tf.Tensor2D, training: boolean): tf.Scalar;
}

/** A task on rows in a new order each epoch. The last batch of an epoch may be smaller. */
export function supervised(given: Supervised): Task {
  const { train, validation, inputs, targets, batch, epochs, seed, variables, statistics = [], loss } = given;
  const perEpoch = Math.ceil(train.count / batch);
  const uniform = random(seed + 1000);
  let order = new Uint32Array();
  let held: tf.Tensor[] = [];
  const rows = ({ x, y }: Rows, numbers: ArrayLike<number>): [tf.Tensor2D, tf.Tensor2D] => {
    const taken = (from: Float32Array, width: number): tf.Tensor2D => {
      const data = new Float32Array(numbers.length * width);
      for (let k = 0; k < numbers.length; k++)
        data.set(from.subarray(numbers[k]! * width, (numbers[k]! + 1) * width), k * width);
      return tf.tensor2d(data, [numbers.length, width]);
    };
    return [taken(x, inputs), taken(y, targets)];
  };
  const mean = (set: Rows): number => {
    let sum = 0;
    for (let from = 0; from < set.count; from += 1000)
      tf.tidy(() => {
        const count = Math.min(1000, set.count - from);
        const numbers = Array.from({ length: count }, (_, i) => from + i);
        sum += count * loss(...rows(set, numbers), false).dataSync()[0]!;
      });
    return sum / set.count;
  };
  return {
    variables,
    statistics,
    steps: epochs * perEpoch,
    batch(step) {
      if (step % perEpoch === 0) order = permutation(train.count, uniform) as Uint32Array<ArrayBuffer>;
      tf.dispose(held);
      const from = (step % perEpoch) * batch;
      const [x, y] = rows(train, order.subarray(from, from + batch));
      held = [x, y];
      return () => loss(x, y, true);
    },
    measure: () => ({ train: mean(train), validation: mean(validation) }),
    dispose: () => tf.dispose([...held, ...variables, ...statistics]),
  };
}

/** Makes variables from a seed. */
export function maker(uniform: () => number): {
  readonly made: tf.Variable[];
  uniform(shape: number[], fanIn: number): tf.Variable;
  constant(shape: number[], value: number): tf.Variable;
} {
  const made: tf.Variable[] = [];
  const make = (shape: number[], value: () => number): tf.Variable => {
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, value);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    made.push(variable);
    return variable;
  };
  return {
    made,
    uniform: (shape, fanIn) => make(shape, () => (2 * uniform() - 1) / Math.sqrt(fanIn)),
    constant: (shape, value) => make(shape, () => value),
  };
}
