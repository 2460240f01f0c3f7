import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectClose, randomTensor, startOurs, type Values } from '../../test/backends.ts';
import { registerOptimizers } from './register.ts';

const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  'momentum with Nesterov’s look ahead': () => tf.train.momentum(0.1, 0.9, true),
  adam: () => tf.train.adam(0.05),
};

/** The parameters and the optimiser's weights after some steps, half of them with an optimiser made from the weights of the first. */
async function train(backend: 'cpu' | 'wasm', make: () => tf.Optimizer): Promise<Values[]> {
  await tf.setBackend(backend);
  const w = tf.variable(randomTensor(1, [7, 3]));
  const target = randomTensor(2, [7, 3]);
  const step = (optimizer: tf.Optimizer): void =>
    optimizer.minimize(() => tf.sum(tf.square(tf.sub(tf.tanh(w), target))).asScalar(), false, [w]) as unknown as void;
  const first = make();
  for (let i = 0; i < 5; i++) step(first);
  const second = make();
  await second.setWeights(await first.getWeights());
  for (let i = 0; i < 5; i++) step(second);
  const weights = await second.getWeights();
  return [w, ...weights.map(({ tensor }) => tensor)].map((t) => ({
    shape: t.shape,
    dtype: t.dtype,
    values: t.dataSync(),
  }));
}

describe.each(builds)('tfjs’s optimisers, $build', ({ relaxedSimd }) => {
  beforeAll(async () => {
    await startOurs(relaxedSimd);
    registerOptimizers();
  });

  it.each(Object.entries(optimizers))(
    '%s goes the way it goes on the cpu backend, through a checkpoint too',
    async (_name, make) => {
      const expected = await train('cpu', make);
      expectClose(await train('wasm', make), expected);
    },
  );

  it('one kernel or two a parameter', async () => {
    await tf.setBackend('wasm');
    const w = tf.variable(tf.zeros([3]));
    const g = [{ name: w.name, tensor: tf.ones([3]) }];
    const adam = tf.train.adam(0.1);
    adam.applyGradients(g);
    const { kernelNames } = await tf.profile(() => adam.applyGradients(g) as unknown as tf.Tensor);
    expect(kernelNames.filter((name) => name !== 'Multiply' && name !== 'Identity')).toEqual([
      'OverparamAdam',
      'OverparamAxpy',
    ]);
  });
});
