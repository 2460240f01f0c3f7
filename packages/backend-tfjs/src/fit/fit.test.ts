import { constantStep, ponos, type StepReport } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { optimizer } from '../index.ts';
import { seedRandom } from '../../test/seed-random.ts';

const L = tf.layers;
const samples = 24;

const inputs = (): tf.Tensor2D => tf.randomNormal([samples, 6], 0, 1, 'float32', 1);
const labels = (classes = 3): tf.Tensor2D =>
  tf
    .oneHot(
      tf.tensor1d(
        Array.from({ length: samples }, (_, i) => i % classes),
        'int32',
      ),
      classes,
    )
    .cast('float32');

/** Dropout, batch norm and a regularizer: all that a second call of the loss would spoil. */
function network(): tf.Sequential {
  const model = tf.sequential();
  model.add(L.dense({ units: 8, activation: 'relu', inputShape: [6], kernelRegularizer: 'l1l2' }));
  model.add(L.batchNormalization({ momentum: 0.9 }));
  model.add(L.dropout({ rate: 0.3 }));
  model.add(L.dense({ units: 3, activation: 'softmax' }));
  return model;
}

const valuesOf = (weights: tf.Tensor[]): number[][] => weights.map((weight) => Array.from(weight.dataSync()));

describe.each(['cpu', 'wasm'])('model.fit on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    tf.disposeVariables();
  });

  it('searches, and leaks nothing over 200 steps, with metrics, a regularizer and validation', async () => {
    seedRandom(1);
    const reports: StepReport[] = [];
    const model = network();
    const made = optimizer(ponos(), { onReport: (report) => reports.push(report) });
    model.compile({ optimizer: made, loss: 'categoricalCrossentropy', metrics: ['accuracy', 'mse'] });
    const tensors: number[] = [];
    const history = await model.fit(inputs(), labels(), {
      epochs: 40,
      batchSize: 4,
      validationSplit: 0.2,
      verbose: 0,
      callbacks: { onEpochEnd: async () => void tensors.push(tf.memory().numTensors) },
    });
    expect(reports).toHaveLength(200);
    expect(made.iterations).toBe(200);
    expect(reports.some(({ backtracks }) => backtracks > 0)).toBe(true);
    expect(Object.keys(history.history).sort()).toEqual(['acc', 'loss', 'mse', 'val_acc', 'val_loss', 'val_mse']);
    expect(history.history['loss']!.at(-1)).toBeLessThan(history.history['loss']![0] as number);
    expect(new Set(tensors).size).toBe(1);
  });

  it('moves the statistics of batch norm once a batch, however long the search', async () => {
    seedRandom(2);
    const model = network();
    const reports: StepReport[] = [];
    const made = optimizer(ponos({ c: 0.9 }), { onReport: (report) => reports.push(report) });
    model.compile({ optimizer: made, loss: 'categoricalCrossentropy' });
    const [dense, norm] = model.layers as [tf.layers.Layer, tf.layers.Layer];
    const x = inputs();
    let mean: number[] = Array.from({ length: 8 }, () => 0);
    for (let step = 0; step < 5; step++) {
      const before = tf.tidy(() => (dense.apply(x) as tf.Tensor).mean(0).dataSync());
      await model.trainOnBatch(x, labels());
      mean = mean.map((moving, i) => 0.9 * moving + 0.1 * before[i]!);
      const [, , movingMean] = valuesOf(norm.getWeights());
      movingMean!.forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, 5));
    }
    expect(reports.some(({ backtracks }) => backtracks > 0)).toBe(true);
  });

  it('gives trainOnBatch and fitDataset the usual number of values', async () => {
    const model = network();
    model.compile({ optimizer: optimizer(ponos()), loss: 'categoricalCrossentropy', metrics: ['accuracy', 'mse'] });
    expect(await model.trainOnBatch(inputs(), labels())).toHaveLength(3);
    const [x, y] = [inputs(), labels()];
    const before = tf.memory().numTensors;
    expect(await model.trainOnBatch(x, y)).toHaveLength(3);
    expect(tf.memory().numTensors).toBe(before);

    const dataset = tf.data
      .zip({ xs: tf.data.array(inputs().arraySync()), ys: tf.data.array(labels().arraySync()) } as never)
      .batch(8);
    const history = await model.fitDataset(dataset, { epochs: 2, verbose: 0 });
    expect(Object.keys(history.history).sort()).toEqual(['acc', 'loss', 'mse']);
    expect(history.history['loss']).toHaveLength(2);

    const alone = network();
    alone.compile({ optimizer: optimizer(ponos()), loss: 'categoricalCrossentropy' });
    expect(await alone.trainOnBatch(inputs(), labels())).toBeTypeOf('number');
  });

  it('trains two outputs, merges, a frozen layer and class weights as tf.train.sgd does', async () => {
    const build = (): tf.LayersModel => {
      const input = tf.input({ shape: [6] });
      const frozen = L.dense({ units: 6, activation: 'tanh', trainable: false }).apply(input) as tf.SymbolicTensor;
      const left = L.dense({ units: 5, activation: 'relu' }).apply(frozen) as tf.SymbolicTensor;
      const right = L.dense({ units: 5 }).apply(frozen) as tf.SymbolicTensor;
      const merged = [
        L.add().apply([left, right]),
        L.average().apply([left, right]),
        L.multiply().apply([left, right]),
        L.maximum().apply([left, right]),
        L.minimum().apply([left, right]),
        L.dot({ axes: 1 }).apply([left, right]),
      ] as tf.SymbolicTensor[];
      const together = L.concatenate().apply(merged) as tf.SymbolicTensor;
      const first = L.dense({ units: 3, activation: 'softmax', name: 'first' }).apply(together) as tf.SymbolicTensor;
      const second = L.dense({ units: 2, activation: 'softmax', name: 'second' }).apply(together) as tf.SymbolicTensor;
      return tf.model({ inputs: input, outputs: [first, second] });
    };
    const train = async (made: tf.Optimizer): Promise<{ weights: number[][]; history: object }> => {
      seedRandom(3);
      const model = build();
      model.compile({
        optimizer: made,
        loss: ['categoricalCrossentropy', 'categoricalCrossentropy'],
        metrics: ['mse'],
      });
      const { history } = await model.fit(inputs(), [labels(), labels(2)], {
        epochs: 3,
        batchSize: 8,
        classWeight: [
          { 0: 1, 1: 2, 2: 0.5 },
          { 0: 1, 1: 3 },
        ] as tf.ClassWeight[],
        verbose: 0,
      });
      return { weights: valuesOf(model.getWeights()), history };
    };
    const ours = await train(optimizer(constantStep({ step: 0.01 })));
    const theirs = await train(tf.train.sgd(0.01));
    // The cpu backend adds step d in float64, where sgd rounds the product first.
    if (backend === 'wasm') expect(ours).toEqual(theirs);
    else ours.weights.flat().forEach((value, i) => expect(value).toBeCloseTo(theirs.weights.flat()[i]!, 6));
  });

  it('applies constraints where tfjs does: not in training', async () => {
    const smallest = async (made: tf.Optimizer): Promise<number> => {
      seedRandom(4);
      const model = tf.sequential();
      model.add(L.dense({ units: 3, inputShape: [6], kernelConstraint: 'nonNeg', activation: 'softmax' }));
      model.compile({ optimizer: made, loss: 'categoricalCrossentropy' });
      await model.fit(inputs(), labels(), { epochs: 2, verbose: 0 });
      return Math.min(...valuesOf(model.getWeights())[0]!);
    };
    expect(await smallest(tf.train.sgd(0.1))).toBeLessThan(0);
    expect(await smallest(optimizer(ponos()))).toBeLessThan(0);
  });
});
