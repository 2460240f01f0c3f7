import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fit, type LossName } from '../index.ts';

const samples = 30;
const x = () => tf.randomNormal([samples, 3], 0, 1, 'float32', 1);
const classes = (): tf.Tensor1D => tf.tidy(() => tf.argMax(x(), 1) as tf.Tensor1D);
const oneHot = (): tf.Tensor => tf.tidy(() => tf.cast(tf.oneHot(classes(), 3), 'float32'));

/** Dense 20 tanh, dense `units`, the same at each call. */
function network(
  units: number,
  last: 'softmax' | 'sigmoid' | 'linear',
  as: 'activation' | 'layer' | 'nested' = 'activation',
): tf.LayersModel {
  const dense = (units: number, seed: number, activation: 'tanh' | typeof last, inputShape?: number[]) =>
    tf.layers.dense({
      units,
      activation,
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
      ...(inputShape && { inputShape }),
    });
  if (as === 'nested') {
    const top = tf.sequential({ layers: [dense(units, 2, last, [20])] });
    return tf.sequential({ layers: [dense(20, 1, 'tanh', [3]), top] });
  }
  return tf.sequential({
    layers: [
      dense(20, 1, 'tanh', [3]),
      dense(units, 2, as === 'activation' ? last : 'linear'),
      ...(as === 'layer'
        ? [last === 'softmax' ? tf.layers.softmax({ axis: -1 }) : tf.layers.activation({ activation: last })]
        : []),
    ],
  });
}

const losses: Record<LossName, readonly [model: () => tf.LayersModel, y: () => tf.Tensor]> = {
  meanSquaredError: [() => network(3, 'linear'), oneHot],
  meanAbsoluteError: [() => network(3, 'linear'), oneHot],
  categoricalCrossentropy: [() => network(3, 'softmax'), oneHot],
  sparseCategoricalCrossentropy: [() => network(3, 'softmax'), () => tf.reshape(classes(), [samples, 1])],
  binaryCrossentropy: [() => network(3, 'sigmoid'), oneHot],
  softmaxCrossEntropy: [() => network(3, 'linear'), oneHot],
  sigmoidCrossEntropy: [() => network(3, 'linear'), oneHot],
};

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

describe('every loss by name', () => {
  const methods = {
    'levenbergMarquardt()': () => levenbergMarquardt(),
    "gaussNewton({ curvature: 'loss' })": () => gaussNewton({ curvature: 'loss', lambda: 1, damping: 1e-2 }),
    'ponos()': () => ponos(),
  };
  it.each(
    Object.keys(losses).flatMap((loss) =>
      Object.entries(methods)
        // An absolute error has no curvature for gaussNewton to use.
        .filter(([name]) => loss !== 'meanAbsoluteError' || !name.startsWith('gaussNewton'))
        .map(([name, method]) => [loss, name, method] as const),
    ),
  )(
    '%s by %s',
    async (loss, _, method) => {
      const [model, y] = losses[loss as LossName];
      const { history } = await fit(method() as ReturnType<typeof ponos>, {
        model: model(),
        loss: loss as LossName,
        x: x(),
        y: y(),
        epochs: 12,
      });
      const [first, last] = [history['loss']![0]!, Math.min(...history['loss']!)];
      expect(last).toBeLessThan(0.9 * first);
    },
    20_000,
  );
});

describe('a cross-entropy of the probabilities that a last layer gives', () => {
  const run = async (model: tf.LayersModel, loss: LossName, y: tf.Tensor): Promise<readonly number[]> => {
    const { history } = await fit(levenbergMarquardt(), {
      model,
      loss,
      x: x(),
      y,
      epochs: 8,
      metrics: { right: (t, p) => tf.cast(tf.equal(tf.argMax(t, -1), tf.argMax(p, -1)), 'float32') },
    });
    return history['loss']!;
  };
  it.each(['activation', 'layer', 'nested'] as const)(
    'is that of the logits behind it, number by number: %s',
    async (as) => {
      const expected = await run(network(3, 'linear'), 'softmaxCrossEntropy', oneHot());
      expect(expected.at(-1)).toBeLessThan(0.1 * expected[0]!);
      const ours = await run(network(3, 'softmax', as), 'categoricalCrossentropy', oneHot());
      ours.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
      const sigmoid = await run(network(3, 'linear'), 'sigmoidCrossEntropy', oneHot());
      const binary = await run(network(3, 'sigmoid', as), 'binaryCrossentropy', oneHot());
      binary.forEach((value, i) => expect(value).toBeCloseTo(sigmoid[i]!, 6));
    },
  );

  it('has a gradient where the prediction is most wrong, and the model predicts as before', async () => {
    const model = network(3, 'softmax');
    const kernel = model.layers[1]!.getWeights();
    // Every sample is sure of the wrong class.
    model.layers[1]!.setWeights([kernel[0]!, tf.tensor1d([0, 0, 0])]);
    const y = tf.tidy(() => tf.cast(tf.oneHot(tf.zeros([samples], 'int32'), 3), 'float32'));
    model.layers[1]!.setWeights([tf.zeros([20, 3]), tf.tensor1d([-60, 0, 60])]);
    const metrics = { sure: (_: tf.Tensor, p: tf.Tensor) => tf.max(p, 1) };
    const { history } = await fit(ponos(), { model, loss: 'categoricalCrossentropy', x: x(), y, epochs: 30, metrics });
    expect(history['loss']![0]).toBeCloseTo(120, 2);
    expect(history['sure']![0]).toBeCloseTo(1, 6);
    expect(history['loss']!.at(-1)).toBeLessThan(1);
    const sums = tf.sum(model.predict(x()) as tf.Tensor, 1).dataSync();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
  });

  it('is never called converged where it is clipped and its logits are not to be had', async () => {
    // A softmax that another layer follows.
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [3] }),
        tf.layers.reshape({ targetShape: [3] }),
      ],
    });
    model.layers[0]!.setWeights([tf.zeros([3, 3]), tf.tensor1d([-200, 0, 200])]);
    const y = tf.tidy(() => tf.cast(tf.oneHot(tf.zeros([samples], 'int32'), 3), 'float32'));
    const { stopped, reason } = await fit(gaussNewton(), {
      model,
      loss: 'categoricalCrossentropy',
      x: x(),
      y,
      epochs: 5,
    });
    expect(stopped).toBe('method');
    expect(reason).toMatch(/^clipped: 30 samples have a probability below 1e-7 for their target/);
  });
});
