import { performance } from 'node:perf_hooks';
import { run } from '@overparam/core';
import { compositeOracle } from '@overparam/backend-tfjs';
import { silu, useWasm } from '@overparam/backend-tfjs-wasm';
import { gaussNewton } from '@overparam/gauss-newton';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import type { Measured, Size } from './protocol.ts';

// Arguments: a Size, the damping, warm-up steps and steps. Prints what it measured as JSON.
const [size, damping, warmup, steps] = process.argv.slice(2).map((argument) => JSON.parse(argument) as unknown) as [
  Size,
  'adaptive' | number,
  number,
  number,
];
const { samples, inputs, units } = size;

await useWasm();
const x = tf.randomNormal([samples, inputs], 0, 1, 'float32', 1) as tf.Tensor2D;
const y = tf.randomNormal([samples, 1], 0, 1, 'float32', 2);
const U = tf.variable(tf.randomNormal([inputs, units], 0, 1 / Math.sqrt(inputs), 'float32', 3) as tf.Tensor2D);
const b = tf.variable(tf.randomNormal([units], 0, 1, 'float32', 4));
const v = tf.variable(tf.randomNormal([units, 1], 0, 1, 'float32', 5) as tf.Tensor2D);
const oracle = compositeOracle({
  variables: [U, b, v],
  outputs: () => tf.mul(tf.matMul(silu(tf.add(tf.matMul(x, U), b)) as tf.Tensor2D, v), 1 / units),
  loss: (F) => tf.mul(tf.sum(tf.squaredDifference(F as tf.Tensor, y)), 0.5 / samples),
});
const method = gaussNewton({ lambda: 10, damping });
let state = method.init();
const times: number[] = [];
let value = NaN;
for (let k = -warmup; k < steps; k++) {
  const start = performance.now();
  const step = run(method, oracle, state);
  if (k >= 0) times.push(performance.now() - start);
  ({ state } = step);
  value = step.report.value;
}
if (!Number.isFinite(value)) throw new Error(`The loss is ${value}.`);
const measured: Measured = { times, peak: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(measured) + '\n');
