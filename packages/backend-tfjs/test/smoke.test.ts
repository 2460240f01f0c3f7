import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { optimizer } from '../src/index.ts';
import { polyakSearch } from './polyak-search.ts';

it.each(['cpu', 'wasm'])('%s', async (backend) => {
  await tf.setBackend(backend);
  const m = tf.sequential();
  m.add(
    tf.layers.dense({
      units: 64,
      activation: 'relu',
      inputShape: [20],
      kernelRegularizer: tf.regularizers.l2({ l2: 1e-4 }),
    }),
  );
  m.add(tf.layers.batchNormalization());
  m.add(tf.layers.dropout({ rate: 0.3 }));
  m.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
  const reports: unknown[] = [];
  const o = optimizer(polyakSearch(), { onReport: (r) => reports.push(r) });
  m.compile({ optimizer: o, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.randomNormal([640, 20], 0, 1, 'float32', 1),
    y = tf.oneHot(tf.argMax(x.slice([0, 0], [-1, 3]), 1), 3).cast('float32');
  const tensors: number[] = [];
  const h = await m.fit(x, y as tf.Tensor, {
    epochs: 6,
    batchSize: 64,
    validationSplit: 0.1,
    verbose: 0,
    callbacks: {
      onEpochEnd: async () => {
        tensors.push(tf.memory().numTensors);
      },
    },
  });
  console.log(tensors, h.history['acc'], reports[0], reports.at(-1), o.state, await m.trainOnBatch(x, y as tf.Tensor));
  expect(reports.length).toBe(55);
});
