import * as tf from '@tensorflow/tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { shapes, uniform } from './shapes.js';

const size = 16;
const count = 512;

try {
  document.querySelector('#result').textContent = await train();
} catch (error) {
  document.querySelector('#result').textContent = `${error.code ?? error.name}: ${error.message}`;
  throw error;
}

async function train() {
  const choice = await useWasm();
  document.querySelector('#choice').textContent =
    `Backend ${tf.getBackend()}, SIMD ${choice.simd ? 'on' : 'off'}, relaxed SIMD ${choice.relaxedSimd ? 'on' : 'off'}, ` +
    `threads ${choice.threads}.`;

  const { pixels, labels } = shapes(count, size, uniform(1));
  const xs = tf.tensor4d(pixels, [count, size, size, 1]);
  const ys = tf.tensor2d(labels, [count, 1]);
  const start = { kernelInitializer: tf.initializers.heNormal({ seed: 7 }) };
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [size, size, 1], filters: 8, kernelSize: 3, activation: 'relu', ...start }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu', ...start }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1, activation: 'sigmoid', ...start }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy'] });

  let began = performance.now();
  let last;
  await model.fit(xs, ys, {
    epochs: 12,
    batchSize: 32,
    shuffle: false,
    yieldEvery: 'epoch',
    callbacks: {
      onEpochEnd(epoch, logs) {
        last = logs;
        const row = document.querySelector('#epochs').insertRow();
        for (const cell of [
          epoch + 1,
          logs.loss.toFixed(4),
          logs.acc.toFixed(3),
          Math.round(performance.now() - began),
        ])
          row.insertCell().textContent = cell;
        began = performance.now();
      },
    },
  });
  return `Trained: loss ${last.loss.toFixed(4)}, accuracy ${last.acc.toFixed(3)}.`;
}
