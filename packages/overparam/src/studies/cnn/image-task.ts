import type { LabelledImages } from '@overparam/datasets';
import { softmaxCrossEntropy } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { cnn } from '../../models/cnn.ts';
import { permutation, random } from '../../training/random.ts';
import { kindsOf, stagesOf } from '../mat/kinds.ts';
import type { MatTask } from '../mat/task.ts';
import type { Images } from './images.ts';

export interface ImageTaskOptions {
  /** How many of the images to learn from, and to validate on. */
  readonly samples: number;
  readonly validation: number;
  /** Filters of each convolution, 0 for a pooling. */
  readonly filters: readonly number[];
  readonly batch: number;
  readonly seed: number;
}

const CLASSES = 10;
/** How many held-out images at a time. */
export const AT_A_TIME = 64;

/** Classification of images: each epoch has a new order. */
export function imageTask(
  { height, width, channels, train, validation: heldOut }: Images,
  { samples, validation, filters, batch, seed }: ImageTaskOptions,
): MatTask {
  const model = cnn({ height, width, channels, classes: CLASSES, filters, seed });
  const size = height * width * channels;
  const batchOf = (
    { images, labels }: LabelledImages,
    numbers: readonly number[],
  ): readonly [tf.Tensor4D, tf.Tensor1D] => {
    const pixels = new Float32Array(numbers.length * size);
    numbers.forEach((number, row) => {
      for (let i = 0; i < size; i++) pixels[row * size + i] = images.data[number * size + i]! / 127.5 - 1;
    });
    return [
      tf.tensor4d(pixels, [numbers.length, height, width, channels]),
      tf.tensor1d(
        numbers.map((number) => labels.data[number]!),
        'int32',
      ),
    ];
  };
  const stepsPerEpoch = Math.floor(samples / batch);
  const modules = Object.keys(model.modules);
  return {
    parameters: model.parameters,
    modules: model.modules,
    kinds: kindsOf(modules),
    stages: stagesOf(modules),
    batch,
    loss(step) {
      const order = permutation(samples, random(seed * 2 ** 32 + Math.floor(step / stepsPerEpoch)));
      const first = (step % stepsPerEpoch) * batch;
      return model.loss(...batchOf(train, [...order.subarray(first, first + batch)]));
    },
    validationLoss() {
      let sum = 0;
      for (let i = 0; i < validation; i += AT_A_TIME)
        tf.tidy(() => {
          const numbers = Array.from({ length: Math.min(AT_A_TIME, validation - i) }, (_, k) => i + k);
          const [images, labels] = batchOf(heldOut, numbers);
          const hot = tf.cast(tf.oneHot(labels, CLASSES), 'float32');
          sum += tf.sum(softmaxCrossEntropy(hot, model.logits(images))).dataSync()[0]!;
        });
      return sum / validation;
    },
    dispose: () => model.dispose(),
  };
}
