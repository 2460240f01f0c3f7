import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose, on, randomTensor } from '../../test/backends.ts';
import { repetitionAxes, tileGradient } from './tile.ts';

const stock = tf.getGradient('Tile')!;
beforeAll(() => tf.registerGradient(tileGradient));
afterAll(() => tf.registerGradient(stock));

const cases = fc.integer({ min: 1, max: 4 }).chain((rank) =>
  fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: rank, maxLength: rank }),
    repetitions: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: rank, maxLength: rank }),
  }),
);

describe('the gradient of Tile', () => {
  it('is the sum over the repetitions, as tfjs-core computes it slice by slice', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, repetitions }) => {
        const gradient = (): tf.Tensor => {
          const x = randomTensor(1, shape);
          const weights = randomTensor(
            2,
            shape.map((size, axis) => size * repetitions[axis]!),
          );
          return tf.grad((t: tf.Tensor) => tf.sum(tf.mul(tf.tile(t, repetitions), weights)))(x);
        };
        const ours = await on('cpu', gradient);
        tf.registerGradient(stock);
        const theirs = await on('cpu', gradient);
        tf.registerGradient(tileGradient);
        expectClose(ours, theirs);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('needs few axes: those without repetitions are one', () => {
    expect(repetitionAxes([1, 1, 1, 16], [32, 8, 8, 1])).toEqual({ shape: [2048, 16], axes: [0] });
    expect(repetitionAxes([2, 3, 4], [1, 1, 1])).toEqual({ shape: [24], axes: [] });
    expect(repetitionAxes([2, 3], [4, 5])).toEqual({ shape: [4, 2, 5, 3], axes: [0, 2] });
  });

  it('is the sum of nothing, zero, without a repetition', async () => {
    const [gradient] = await on('cpu', () => tf.grad((t: tf.Tensor) => tf.sum(tf.tile(t, [0, 1])))(tf.ones([2, 3])));
    expect([...Array.from(gradient!.values)]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
