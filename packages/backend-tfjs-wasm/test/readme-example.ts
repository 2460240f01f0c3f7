import * as tf from '@tensorflow/tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';

export const choice = await useWasm();

const model = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.02), loss: 'binaryCrossentropy' });

// Is a picture's left half brighter than its right half?
const xs = tf.randomUniform([256, 8, 8, 1], 0, 1, 'float32', 1);
const [left, right] = tf.split(xs, 2, 2).map((half) => tf.mean(half, [1, 2, 3]));
const ys = tf.cast(tf.greater(left!, right!), 'float32').reshape([256, 1]);
export const { history } = await model.fit(xs, ys, { epochs: 20, verbose: 0 });
