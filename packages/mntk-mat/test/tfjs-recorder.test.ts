import { fit, layers, modulesOf, spectraRecorder } from '@overparam/backend-tfjs';
import { mat, spectraOf, type Spectra } from '@overparam/mntk-mat';
import { ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => tf.disposeVariables());

const data = (): [tf.Tensor, tf.Tensor] => [
  tf.randomNormal([24, 5], 0, 1, 'float32', 1),
  tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(Array.from({ length: 24 }, (_, n) => n % 3), 'int32'), 3), 'float32')), // prettier-ignore
];
const network = (): tf.Sequential => {
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 3 });
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, activation: 'tanh', inputShape: [5], name: 'lower', kernelInitializer }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.dense({ units: 3, activation: 'softmax', name: 'upper', kernelInitializer, kernelRegularizer: tf.regularizers.l2() }), // prettier-ignore
    ],
  });
};
const valuesOf = (model: tf.LayersModel): number[][] => model.getWeights().map((one) => Array.from(one.dataSync()));

describe('spectra during a training', () => {
  it('of model.fit, by an optimizer of tfjs: every epoch, or so many batches; training is the same to the bit', async () => {
    const [x, y] = data();
    const train = async (every?: { epochs: number } | { batches: number }) => {
      const model = network();
      model.compile({ optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy' });
      const recorder = every && spectraRecorder<Spectra>({
        measure: (oracle) => spectraOf(oracle, { contraction: 'loss', quantities: ['trace'] }),
        model,
        x,
        y,
        loss: 'categoricalCrossentropy',
        modules: modulesOf(model, [layers()]),
        every,
        samples: 10,
      }); // prettier-ignore
      const options = { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 } as const;
      await model.fit(x, y, { ...options, ...(recorder && { callbacks: recorder }) });
      return { weights: valuesOf(model), history: recorder?.history, model };
    };
    const plain = await train();
    const byEpochs = await train({ epochs: 2 });
    const byBatches = await train({ batches: 3 });
    expect(byEpochs.weights).toEqual(plain.weights);
    expect(byBatches.weights).toEqual(plain.weights);
    const when = ({ history }: typeof byEpochs): number[][] => history!.map(({ epoch, batch }) => [epoch, batch]);
    expect(when(byEpochs)).toEqual([[0, 0], [1, 3], [3, 3]]); // prettier-ignore
    expect(when(byBatches)).toEqual([[0, 0], [0, 3], [1, 3], [2, 3], [3, 3]]); // prettier-ignore
    // The same weights, the same spectra, on the same samples.
    expect(byBatches.history![0]!.spectra).toEqual(byEpochs.history![0]!.spectra);
    expect(byBatches.history![2]!.spectra).toEqual(byEpochs.history![1]!.spectra);
    const { spectra } = byEpochs.history![0]!;
    expect(spectra.samples).toBe(10);
    expect(spectra.modules.map(({ module, lambda_max }) => [module, lambda_max > 0])).toEqual([['lower', true], ['norm', true], ['upper', true]]); // prettier-ignore
    expect(JSON.parse(JSON.stringify(byEpochs.history))).toEqual(byEpochs.history);
    expect(() => spectraRecorder({ measure: () => null, model: plain.model, x, y, loss: 'meanSquaredError', every: { epochs: 0 } })).toThrow("every is 0"); // prettier-ignore
  });

  it('of our own fit', async () => {
    const [x, y] = data();
    const lower = tf.layers.dense({ units: 6, activation: 'tanh', inputShape: [5], name: 'a' });
    const model = tf.sequential({ layers: [lower, tf.layers.dense({ units: 3, name: 'b' })] });
    const recorder = spectraRecorder({
      measure: (oracle) => spectraOf(oracle, { contraction: 'loss' }),
      model,
      x,
      y,
      loss: 'softmaxCrossEntropy',
    });
    const before = tf.memory().numTensors;
    await fit(mat(ponos(), { every: 1, alpha: 0.5 }), {
      model,
      loss: 'softmaxCrossEntropy',
      x,
      y,
      epochs: 2,
      callbacks: recorder,
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(recorder.history.map(({ epoch, batch }) => [epoch, batch])).toEqual([[0, 0], [0, 1], [1, 1]]); // prettier-ignore
    expect(recorder.history[0]!.spectra.modules).toHaveLength(4);
  });
});
