import { softmaxCrossEntropy } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { experimentNamed, type Samples } from 'overparam';
import { random } from './random.ts';
import { maker, supervised, type Rows, type Supervised, type Task } from './task.ts';

type Data = Pick<Supervised, 'train' | 'validation' | 'inputs' | 'targets'>;
let data: Promise<Data> | undefined;

/** 10,000 images of Fashion-MNIST to train on, 2,000 to validate. */
async function images(): Promise<Data> {
  const { features, classes, train, test } = await experimentNamed('fashion-mnist').load(undefined);
  const rows = ({ count, inputs, labels }: Samples): Rows => {
    const y = new Float32Array(count * classes);
    labels.forEach((label, i) => (y[i * classes + label] = 1));
    return { count, x: inputs, y };
  };
  return { train: rows(train), validation: rows(test), inputs: features, targets: classes };
}

const meanCrossEntropy = (y: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar => tf.mean(softmaxCrossEntropy(y, logits));

/** 784-128-10 with ReLU, batches of 128, 40 epochs. */
export async function mlp(seed: number): Promise<Task> {
  const make = maker(random(seed + 77));
  const [W1, b1, W2, b2] = [
    make.uniform([784, 128], 784),
    make.uniform([128], 784),
    make.uniform([128, 10], 128),
    make.uniform([10], 128),
  ] as unknown as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D, tf.Tensor1D];
  const logits = (x: tf.Tensor2D): tf.Tensor2D =>
    tf.add(tf.matMul(tf.relu(tf.add<tf.Tensor2D>(tf.matMul(x, W1), b1)), W2), b2);
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar => meanCrossEntropy(y, logits(x));
  return supervised({ ...(await (data ??= images())), batch: 128, epochs: 40, seed, variables: make.made, loss });
}

/**
 * Two convolutions 3 x 3 of 8 and 16 filters, each with maximum pooling, batch normalization and ReLU; 64 units
 * with ReLU; dropout 1/2; 10 classes. Images of 28 x 28, batches of 128, 5 epochs.
 */
export async function cnn(seed: number): Promise<Task> {
  const make = maker(random(seed + 77));
  const statistics = maker(random(0));
  const block = (from: number, to: number): ((x: tf.Tensor4D, training: boolean) => tf.Tensor4D) => {
    const W = make.uniform([3, 3, from, to], 9 * from) as tf.Tensor as tf.Tensor4D;
    const [scale, offset] = [make.constant([to], 1), make.constant([to], 0)];
    const [mean, variance] = [statistics.constant([to], 0), statistics.constant([to], 1)];
    for (const variable of [mean, variance]) variable.trainable = false;
    return (x, training) => {
      const h = tf.maxPool(tf.conv2d(x, W, 1, 'same'), 2, 2, 'valid');
      const now = training ? tf.moments(h, [0, 1, 2]) : { mean, variance };
      if (training)
        for (const [kept, fresh] of [
          [mean, now.mean],
          [variance, now.variance],
        ] as const)
          // prettier-ignore
          kept.assign(tf.add(tf.mul(kept, 0.9), tf.mul(fresh, 0.1)));
      const y = tf.mul(tf.sub(h, now.mean), tf.mul(tf.rsqrt(tf.add(now.variance, 1e-3)), scale));
      return tf.relu(tf.add<tf.Tensor4D>(y, offset));
    };
  };
  const blocks = [block(1, 8), block(8, 16)];
  const [W1, b1, W2, b2] = [
    make.uniform([784, 64], 784),
    make.uniform([64], 784),
    make.uniform([64, 10], 64),
    make.uniform([10], 64),
  ] as unknown as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D, tf.Tensor1D];
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D, training: boolean): tf.Scalar => {
    const h = blocks.reduce<tf.Tensor4D>((h, block) => block(h, training), tf.reshape(x, [-1, 28, 28, 1]));
    const hidden = tf.relu(tf.add<tf.Tensor2D>(tf.matMul(tf.reshape(h, [-1, 784]), W1), b1));
    const dropped = (training ? tf.dropout(hidden, 0.5) : hidden) as tf.Tensor2D;
    return meanCrossEntropy(y, tf.add(tf.matMul(dropped, W2), b2));
  };
  return supervised({
    ...(await (data ??= images())),
    batch: 128,
    epochs: 5,
    seed,
    variables: make.made,
    statistics: statistics.made,
    loss,
  });
}
