import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectClose, on, randomTensor } from '../../test/backends.ts';
import { reductionGradients } from './reduction.ts';

const stock = ['Sum', 'Mean'].map((name) => tf.getGradient(name)!);
const register = (gradients: readonly tf.GradConfig[]): void =>
  gradients.forEach((gradient) => tf.registerGradient(gradient));
beforeAll(() => register(reductionGradients));
afterAll(() => register(stock));

const cases = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.subarray(shape.map((_, axis) => axis)),
    keepDims: fc.boolean(),
  }),
);

describe.each(['sum', 'mean'] as const)('the gradient of %s', (reduction) => {
  it('is the one that tfjs-core multiplies out', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axes, keepDims }) => {
        const gradient = (): tf.Tensor =>
          tf.grad((x: tf.Tensor) => {
            const y = tf[reduction](x, axes, keepDims);
            return tf.sum(tf.mul(y, randomTensor(2, y.shape)));
          })(randomTensor(1, shape));
        const ours = await on('cpu', gradient);
        register(stock);
        const theirs = await on('cpu', gradient);
        register(reductionGradients);
        expectClose(ours, theirs);
      }),
      { seed: 3, numRuns: 60 },
    );
  });
});
