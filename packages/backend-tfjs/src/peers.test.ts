// Without the union package '@tensorflow/tfjs': no chained operations, and gradients come with the layers.
import { minimize } from '@overparam/core';
import { ponos } from '@overparam/polyak-nonmonotone';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { optimizer, oracle, type Direction } from './index.ts';

describe('with tfjs-core, tfjs-layers and a backend alone', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    expect('square' in tf.Tensor.prototype).toBe(false);
  });
  const x = (): tf.Tensor => tf.randomNormal([12, 4], 0, 1, 'float32', 1);

  it('a model trains', async () => {
    const model = layers.sequential({ layers: [layers.layers.dense({ units: 1, inputShape: [4] })] });
    model.compile({ optimizer: optimizer(ponos()), loss: 'meanSquaredError', metrics: ['mae'] });
    const { history } = await model.fit(x(), tf.ones([12, 1]), { epochs: 10, verbose: 0 });
    expect(history['loss']!.at(-1)).toBeLessThan(history['loss']![0] as number);
  });

  it.each<Direction>(['gradient', 'momentum', 'nesterov', 'adam', 'adamw', 'adagrad', 'amsgrad'])(
    'every question along %s',
    async (direction) => {
      const [w, data] = [tf.variable(tf.ones([4, 1]) as tf.Tensor), x()];
      const loss = (): tf.Tensor => tf.mean(tf.square(tf.matMul(data as tf.Tensor2D, w as never)));
      const o = oracle(loss, { variables: [w], direction });
      await minimize(ponos(), o, { steps: 2 });
      await o.linearize();
      await o.direction('preconditioned');
      await o.probeGradient(0.1);
      await o.moveExtragradient(0.1);
      await o.linearize();
      await o.moveHeavyBall(0.1, 0.5);
      await o.linearize();
      await o.moveNesterov(0.1, -0.5);
      const { value } = await o.linearize();
      expect(value).toBeLessThan((await o.probe(-1)) as number);
      o.dispose();
    },
  );
});
