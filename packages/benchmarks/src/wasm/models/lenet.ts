import * as tf from '@tensorflow/tfjs';
import { crossEntropy, inputs, type Loss, oneHotLabels } from './model.ts';

/** LeNet-5 with relu and max pooling, on 28 x 28 pictures. */
export function lenet(batch: number): Loss {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 6, kernelSize: 5, padding: 'same', activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 120, activation: 'relu' }),
      tf.layers.dense({ units: 84, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  const xs = inputs([batch, 28, 28, 1]);
  const ys = oneHotLabels(batch, 10);
  return () => crossEntropy(ys, model.apply(xs, { training: true }) as tf.Tensor);
}
