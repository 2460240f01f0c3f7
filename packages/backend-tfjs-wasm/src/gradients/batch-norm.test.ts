import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectClose, on, randomTensor } from '../../test/backends.ts';
import { batchNormGradient } from './batch-norm.ts';

const stock = tf.getGradient('FusedBatchNorm')!;
beforeAll(() => tf.registerGradient(batchNormGradient));
afterAll(() => tf.registerGradient(stock));

const cases = fc.record({
  shape: fc.tuple(...[3, 4, 3, 5].map((max) => fc.integer({ min: 1, max }))),
  perChannel: fc.boolean(),
});

describe('the gradient of FusedBatchNorm', () => {
  it('is the one that tfjs-core computes at full size', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, perChannel }) => {
        const statistics = perChannel ? [shape[3]!] : shape;
        const gradient = (): tf.Tensor[] => {
          const weights = randomTensor(1, shape);
          const inputs = [
            randomTensor(2, shape),
            randomTensor(3, statistics),
            tf.add(randomTensor(4, statistics), 1.5),
            randomTensor(5, statistics),
            randomTensor(6, statistics),
          ];
          return tf.grads((x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
            const y = tf.batchNorm(
              x,
              mean as tf.Tensor1D,
              variance as tf.Tensor1D,
              offset as tf.Tensor1D,
              scale as tf.Tensor1D,
              0.01,
            );
            return tf.sum(tf.mul(y, weights));
          })(inputs);
        };
        const ours = await on('cpu', gradient);
        tf.registerGradient(stock);
        const theirs = await on('cpu', gradient);
        tf.registerGradient(batchNormGradient);
        expectClose(ours, theirs);
      }),
      { seed: 2, numRuns: 40 },
    );
  });
});
