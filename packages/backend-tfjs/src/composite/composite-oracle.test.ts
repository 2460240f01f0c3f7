import { useWasm } from '@overparam/backend-tfjs-wasm';
import type { Matrix } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeTo } from '../../test/close-to.ts';
import { dot, explicitJacobian, gram } from '../../test/explicit-jacobian.ts';
import { compositeOracle } from '../index.ts';

const L = tf.layers;

interface Case {
  readonly input: readonly number[];
  readonly layers: () => tf.layers.Layer[];
}

const cases: Record<string, Case> = {
  dense: { input: [6], layers: () => [L.dense({ units: 7, activation: 'tanh', biasInitializer: 'randomNormal' })] },
  'dense, several layers': {
    input: [6],
    layers: () => [
      L.dense({ units: 7, activation: 'relu' }),
      L.dense({ units: 6, activation: 'sigmoid', useBias: false }),
      L.dense({ units: 5, activation: 'softmax' }),
    ],
  },
};

const samples = 5;
function problem(name: string) {
  const { input, layers } = cases[name]!;
  const model = tf.sequential();
  model.add(L.inputLayer({ inputShape: [...input] }) as tf.layers.Layer);
  for (const layer of [...layers(), L.dense({ units: 3 })]) model.add(layer);
  const x = tf.randomNormal([samples, ...input], 0, 1, 'float32', 5);
  const y = tf.randomNormal([samples, 3], 0, 1, 'float32', 6);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  variables.forEach((variable, i) =>
    variable.assign(tf.tidy(() => tf.randomNormal(variable.shape, 0, 0.7, 'float32', 100 + i))),
  );
  const outputs = (): tf.Tensor => model.apply(x) as tf.Tensor;
  const loss = (F: tf.Tensor): tf.Tensor => tf.losses.meanSquaredError(y, F);
  return { model, variables, outputs, loss, x, y };
}

const U: Matrix = { rows: samples, columns: 3, data: Float64Array.from({ length: 15 }, (_, i) => Math.sin(i + 1)) };

// The last one changes wasm for good.
describe.each(['cpu', 'wasm', 'useWasm'])('kernels and products on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'useWasm') await useWasm();
    else await tf.setBackend(backend);
  });
  afterEach(() => tf.disposeVariables());

  it.each(Object.keys(cases))('%s: equal to those of an explicit Jacobian', async (name) => {
    const { variables, outputs, loss } = problem(name);
    const J = explicitJacobian(outputs, variables);
    const weights = (): Float64Array =>
      Float64Array.from(variables.flatMap((variable) => Array.from(variable.dataSync())));
    const before = tf.memory().numTensors;
    const oracle = compositeOracle({ outputs, loss: loss as never, variables });
    const K = gram(J);
    closeTo((await oracle.kernel()).data, K.flat());
    closeTo(
      (await oracle.kernelProduct(U)).data,
      K.map((row) => dot(row, U.data)),
    );
    closeTo(
      (await oracle.jacobian()).data,
      J.flatMap((row) => Array.from(row)),
    );
    const w = weights();
    const pulled = await oracle.pullback(U);
    const d = w.map((_, i) => J.reduce((sum, row, r) => sum + row[i]! * U.data[r]!, 0));
    const gL = (await oracle.lossGradient()).data;
    const g = w.map((_, i) => J.reduce((sum, row, r) => sum + row[i]! * gL[r]!, 0));
    closeTo([pulled.slope], [dot(g, d)]);
    closeTo([pulled.squaredGradientNorm], [dot(g, g)]);
    await oracle.move(0.01);
    closeTo(
      weights().map((x, i) => (x - w[i]!) / 0.01),
      d,
    );
    await oracle.finish!();
    oracle.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
