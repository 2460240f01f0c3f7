import { optimizer } from '@overparam/backend-tfjs';
import { ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';

const x = tf.randomNormal([256, 8], 0, 1, 'float32', 1);
const y = tf.tidy(() => tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [256, 3]), 1), 3));

const model = tf.sequential();
model.add(tf.layers.dense({ units: 64, activation: 'relu', inputShape: [8] }));
model.add(tf.layers.dropout({ rate: 0.1 }));
model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));

model.compile({ optimizer: optimizer(ponos()), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
const { history } = await model.fit(x, y, { epochs: 20, batchSize: 32, verbose: 0 });

console.log(Number(history['acc']!.at(-1)) > 0.9); // true
