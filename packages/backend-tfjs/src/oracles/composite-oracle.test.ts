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
  /** Whole numbers below this are the inputs. */
  readonly words?: number;
  /** The kernel that stock tfjs-wasm lacks for it. */
  readonly wasmLacks?: true;
}
const flat = (...layers: tf.layers.Layer[]): tf.layers.Layer[] => [...layers, L.flatten()];
const kernelSize = 3;
const filters = 3;

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
  'dense at several positions': { input: [4, 3], layers: () => flat(L.dense({ units: 4, activation: 'tanh' })) },
  'dense at many positions': { input: [12, 2], layers: () => flat(L.dense({ units: 2, activation: 'tanh' })) },
  conv1d: { input: [8, 3], layers: () => flat(L.conv1d({ filters, kernelSize, activation: 'tanh' })), wasmLacks: true },
  conv2d: {
    input: [6, 6, 2],
    layers: () => flat(L.conv2d({ filters, kernelSize, strides: 2, padding: 'same', activation: 'tanh' })),
    wasmLacks: true,
  },
  'conv2d and pooling': {
    input: [8, 8, 2],
    layers: () =>
      flat(
        L.conv2d({ filters, kernelSize, padding: 'same', activation: 'relu' }),
        L.maxPooling2d({ poolSize: 2 }),
        L.conv2d({ filters: 2, kernelSize: 2 }),
      ),
    wasmLacks: true,
  },
  conv3d: { input: [4, 4, 4, 2], layers: () => flat(L.conv3d({ filters, kernelSize, activation: 'tanh' })) },
  conv2dTranspose: {
    input: [4, 4, 2],
    layers: () => flat(L.conv2dTranspose({ filters, kernelSize, strides: 2 })),
    wasmLacks: true,
  },
  separableConv2d: {
    input: [6, 6, 2],
    layers: () => flat(L.separableConv2d({ filters, kernelSize })),
    wasmLacks: true,
  },
  depthwiseConv2d: {
    input: [6, 6, 2],
    layers: () => flat(L.depthwiseConv2d({ kernelSize, depthMultiplier: 2, strides: 2, activation: 'sigmoid' })),
    wasmLacks: true,
  },
  embedding: {
    input: [4],
    words: 9,
    layers: () => flat(L.embedding({ inputDim: 9, outputDim: 3 }), L.dense({ units: 3, activation: 'tanh' })),
    wasmLacks: true,
  },
  batchNormalization: { input: [6], layers: () => [L.dense({ units: 5 }), L.batchNormalization()] },
  'batchNormalization of images': {
    input: [3, 3, 2],
    layers: () => flat(L.dense({ units: 3, activation: 'tanh' }), L.batchNormalization()),
  },
  layerNormalization: { input: [4, 3], layers: () => flat(L.dense({ units: 5 }), L.layerNormalization()) },
  prelu: { input: [6], layers: () => [L.dense({ units: 5 }), L.prelu({ alphaInitializer: 'randomUniform' })] },
  simpleRNN: { input: [3, 4], layers: () => [L.simpleRNN({ units: 4 })] },
  lstm: { input: [3, 4], layers: () => [L.lstm({ units: 3 })] },
  gru: { input: [3, 4], layers: () => [L.gru({ units: 3 })] },
  bidirectional: {
    input: [3, 4],
    layers: () => [
      L.bidirectional({ layer: L.simpleRNN({ units: 3 }) as tf.RNN, mergeMode: 'concat' }) as tf.layers.Layer,
    ],
  },
  timeDistributed: {
    input: [3, 4, 2],
    layers: () => flat(L.timeDistributed({ layer: L.dense({ units: 2, activation: 'tanh' }) })),
  },
  'reshaping and dropout': {
    input: [4, 3],
    layers: () =>
      flat(L.permute({ dims: [2, 1] }), L.dense({ units: 3, activation: 'selu' }), L.dropout({ rate: 0.5 })),
  },
};

const samples = 5;
function problem(name: string) {
  const { input, layers, words } = cases[name]!;
  const model = tf.sequential();
  model.add(L.inputLayer({ inputShape: [...input] }) as tf.layers.Layer);
  for (const layer of [...layers(), L.dense({ units: 3 })]) model.add(layer);
  const shape = [samples, ...input];
  const x = words
    ? tf.tidy(() => tf.cast(tf.randomUniform(shape, 0, words, 'int32', 5), 'float32'))
    : tf.randomNormal(shape, 0, 1, 'float32', 5);
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

  const trained = Object.keys(cases).filter((name) => backend !== 'wasm' || !cases[name]!.wasmLacks);
  it.each(trained)('%s: equal to those of an explicit Jacobian', async (name) => {
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
