import { oracle } from '@overparam/backend-tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { load, type Images } from '@overparam/fashion-mnist';
import { seeded, uniform } from '@overparam/wasserstein-flow';
import * as tf from '@tensorflow/tfjs';
import type { ClassifierOracle, ClassifierSettings } from './questions.ts';

const pixels = 28 * 28;
const classes = 10;
/** How many test images the page shows. */
const shown = 48;

/** A network on the images of this project, 784-hidden-10 with ReLU, with batches in random order. */
export async function make({ hidden, batch, seed, direction }: ClassifierSettings): Promise<ClassifierOracle> {
  const [{ train, test }] = await Promise.all([load(), useWasm()]);
  const random = seeded(seed);
  /** Uniform in +-1/sqrt(inputs), as in the experiments of arXiv 2306.12747. */
  const variable = (shape: [number, number], inputs = shape[0]): tf.Variable => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => (2 * uniform(random) - 1) / inputs ** 0.5);
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  };
  const W1 = variable([pixels, hidden]);
  const b1 = variable([1, hidden], pixels);
  const W2 = variable([hidden, classes]);
  const b2 = variable([1, classes], hidden);
  const logits = (x: tf.Tensor2D): tf.Tensor2D => {
    const h = tf.relu(tf.add(tf.matMul(x, W1 as tf.Tensor as tf.Tensor2D), b1)) as tf.Tensor2D;
    return tf.add(tf.matMul(h, W2 as tf.Tensor as tf.Tensor2D), b2);
  };

  const N = train.labels.data.length;
  const order = Uint32Array.from({ length: N }, (_, i) => i);
  let at = N;
  /** The next batch; each image once per epoch. */
  const next = (): Uint32Array => {
    if (at + batch > N) {
      for (let i = N - 1; i > 0; i--) {
        const j = Math.floor(uniform(random) * (i + 1));
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      at = 0;
    }
    at += batch;
    return order.subarray(at - batch, at);
  };
  const asked = oracle(
    () => {
      const samples = next();
      const labels = tf.tensor1d(
        Int32Array.from(samples, (i) => train.labels.data[i]!),
        'int32',
      );
      return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), logits(inputs(train, samples)));
    },
    { variables: [W1, b1, W2, b2], direction },
  );
  const all = Uint32Array.from(test.labels.data, (_, i) => i);
  const tested = inputs(test, all);
  return Object.assign(asked, {
    images: () => ({ pixels: test.images.data.slice(0, shown * pixels), labels: test.labels.data.slice(0, shown) }),
    look() {
      const guesses = tf.tidy(() => tf.argMax(logits(tested), 1).dataSync());
      const right = test.labels.data.reduce((sum, label, i) => sum + (guesses[i] === label ? 1 : 0), 0);
      return { accuracy: right / all.length, guesses: Uint8Array.from(guesses.subarray(0, shown)) };
    },
  });
}

/** Brightness from -1 to 1. */
function inputs({ images }: Images, samples: Uint32Array): tf.Tensor2D {
  const values = new Float32Array(samples.length * pixels);
  samples.forEach((n, row) => {
    for (let k = 0; k < pixels; k++) values[row * pixels + k] = images.data[n * pixels + k]! / 127.5 - 1;
  });
  return tf.tensor2d(values, [samples.length, pixels]);
}
