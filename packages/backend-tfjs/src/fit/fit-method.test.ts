import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fit, type FitCheckpoint } from '../index.ts';

const samples = 24;
const data = (seed = 1): { x: tf.Tensor2D; y: tf.Tensor } => {
  const x = tf.randomNormal([samples, 3], 0, 1, 'float32', seed) as tf.Tensor2D;
  return { x, y: tf.tidy(() => tf.sin(tf.sum(x, 1, true))) };
};
function network(): tf.Sequential {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 12,
        activation: 'tanh',
        inputShape: [3],
        kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }),
      }),
      tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotNormal({ seed: 3 }) }),
    ],
  });
  return model;
}
const weightsOf = (model: tf.LayersModel): number[] =>
  model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));

describe.each(['cpu', 'wasm'])('fit on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  afterEach(() => tf.disposeVariables());

  it('interpolates by Gauss-Newton on the whole batch', async () => {
    const { x, y } = data();
    const model = network();
    const { history, steps, stopped } = await fit(gaussNewton({ curvature: 'loss', lambda: 1, damping: 1e-4 }), {
      model,
      loss: 'meanSquaredError',
      x,
      y,
      epochs: 25,
    });
    expect([steps, stopped]).toEqual([25, 'epochs']);
    expect(history['loss']!.at(-1)! / history['loss']![0]!).toBeLessThan(1e-4);
  });

  it('trains by Levenberg-Marquardt, and by a line search, and leaks nothing', async () => {
    const { x, y } = data();
    for (const method of [levenbergMarquardt(), ponos()]) {
      const model = network();
      const before = tf.memory().numTensors;
      const { history } = await fit(method as ReturnType<typeof ponos>, {
        model,
        loss: 'meanSquaredError',
        x,
        y,
        epochs: 10,
        validationData: [x, y],
        metrics: { distance: (a, b) => tf.sum(tf.abs(tf.sub(a, b)), 1) },
      });
      expect(tf.memory().numTensors).toBe(before);
      expect(Object.keys(history).sort()).toEqual(['distance', 'loss', 'val_distance', 'val_loss']);
      expect(history['loss']!.at(-1)!).toBeLessThan(history['loss']![0]!);
    }
  });

  it('goes on from a checkpoint in the middle of an epoch as if uninterrupted', async () => {
    const { x, y } = data();
    const train = (model: tf.LayersModel, more: object): ReturnType<typeof fit> =>
      fit(gaussNewton({ gamma: 0.5, damping: 1e-2, momentum: 0.5 }) as never, {
        model,
        loss: 'meanSquaredError',
        x,
        y,
        epochs: 3,
        batchSize: 7,
        seed: 5,
        ...more,
      });
    const whole = network();
    const { history } = await train(whole, {});
    const first = network();
    const controller = new AbortController();
    let saved: FitCheckpoint | undefined;
    let step = 0;
    const interrupted = await train(first, {
      signal: controller.signal,
      onStep: () => void (++step === 6 && controller.abort()),
      checkpoint: { save: (made: FitCheckpoint) => (saved = structuredClone(made)) },
    });
    expect(interrupted.stopped).toBe('signal');
    expect([saved!.epoch, saved!.batch]).toEqual([1, 2]);
    const second = network();
    const resumed = await train(second, { resume: saved });
    expect(weightsOf(second)).toEqual(weightsOf(whole));
    expect(resumed.history).toEqual(history);
  });

  it('calls callbacks as tfjs does, and stops when they say so', async () => {
    const { x, y } = data();
    const model = network();
    const calls: string[] = [];
    const { stopped } = await fit(gaussNewton({ gamma: 0.5, damping: 1e-2 }), {
      model,
      loss: 'meanSquaredError',
      x,
      y,
      epochs: 5,
      batchSize: 12,
      callbacks: [
        {
          onTrainBegin: () => calls.push('train'),
          onEpochBegin: (epoch) => calls.push(`epoch ${epoch}`),
          onBatchEnd: (batch, logs?: { loss: number }) => calls.push(`batch ${batch} ${Number.isFinite(logs!.loss)}`),
          onEpochEnd: (epoch) => {
            calls.push(`end ${epoch}`);
            if (epoch === 1) model.stopTraining = true;
          },
          onTrainEnd: () => calls.push('trained'),
        },
        tf.callbacks.earlyStopping({ monitor: 'loss', patience: 10 }) as never,
      ],
    });
    expect(stopped).toBe('callback');
    const epoch = (e: number): string[] => [`epoch ${e}`, 'batch 0 true', 'batch 1 true', `end ${e}`];
    expect(calls).toEqual(['train', ...epoch(0), ...epoch(1), 'trained']);
  });
});

describe('fit refuses', () => {
  const options = (): {
    model: tf.Sequential;
    loss: 'meanSquaredError';
    epochs: number;
    x: tf.Tensor;
    y: tf.Tensor;
  } => ({
    model: network(),
    loss: 'meanSquaredError',
    epochs: 1,
    ...data(),
  });
  const method = gaussNewton();
  it.each<[string, () => object]>([
    ['SHAPE_MISMATCH', () => ({ y: tf.zeros([3, 1]) })],
    ['NO_SAMPLES', () => ({ x: tf.zeros([0, 3]), y: tf.zeros([0, 1]) })],
    ['NOT_FINITE', () => ({ x: tf.fill([samples, 3], NaN) })],
    ['NOT_BUILT', () => ({ model: tf.sequential() })],
    [
      'REGULARIZED',
      () => ({
        model: tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3], kernelRegularizer: 'l1l2' })] }),
      }),
    ],
    ['BAD_OPTION', () => ({ loss: 'squared' })],
    ['BAD_OPTION', () => ({ batchSize: 0 })],
    ['BAD_OPTION', () => ({ epochs: -1 })],
  ])('%s', async (code, more) => {
    const given = { ...options(), ...more() } as ReturnType<typeof options>;
    const before = given.model.layers.length > 0 ? weightsOf(given.model) : [];
    await expect(fit(method, given)).rejects.toMatchObject({ code });
    if (given.model.layers.length > 0) expect(weightsOf(given.model)).toEqual(before);
  });

  it('samples that act on one another, and the model is as before', async () => {
    const { x, y } = data();
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [3] }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const before = weightsOf(model);
    const tensors = tf.memory().numTensors;
    const failed = fit(method, { model, loss: 'meanSquaredError', x, y, epochs: 1, training: true });
    await expect(failed).rejects.toMatchObject({ cause: { code: 'SAMPLES_COUPLED' } });
    expect(weightsOf(model)).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
