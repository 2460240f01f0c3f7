import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { builds, expectSameAsCpu, randomTensor, startOurs } from '../../test/backends.ts';
import { expectGradient } from '../../test/finite-differences.ts';

const shape = fc.array(fc.constantFrom(1, 2, 3, 4, 10, 33), { minLength: 1, maxLength: 3 });
const logSoftmax = (logits: tf.Tensor): tf.Tensor =>
  tf.getBackend() === 'wasm' ? tf.engine().runKernel('LogSoftmax', { logits }, { axis: -1 }) : tf.logSoftmax(logits);

describe.each(builds)('softmax and batch norm, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('softmax and log-softmax equal the cpu backend, for large logits too', () =>
    fc.assert(
      fc.asyncProperty(shape, fc.constantFrom(0.1, 5, 300), fc.integer(), (shape, scale, seed) =>
        expectSameAsCpu(() => {
          const x = randomTensor(seed, shape).mul(scale);
          return [tf.softmax(x), logSoftmax(x)];
        }),
      ),
      { seed: 1, numRuns: 60 },
    ));

  it('carries NaN', () => expectSameAsCpu(() => tf.softmax(tf.tensor2d([1, NaN, 2, 3, 4, 5], [2, 3]))));

  it('has its gradient, and the gradient of that', async () => {
    const x = (): tf.Tensor => randomTensor(1, [3, 5]);
    await expectGradient((x) => tf.softmax(x!), [x], { step: 2 ** -9, tolerance: 2e-4 });
    await expectSameAsCpu(() =>
      tf.grad((x: tf.Tensor) =>
        tf
          .grad((x: tf.Tensor) => tf.softmax(x).square())(x)
          .square(),
      )(x()),
    );
  });

  it('softmax cross-entropy has the loss and the gradient of the cpu backend', () =>
    expectSameAsCpu(() => {
      const labels = tf.oneHot(tf.tensor1d([1, 0, 3], 'int32'), 4);
      const logits = randomTensor(1, [3, 4]).mul(3);
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, x))(logits);
      return [value, grad];
    }));

  it('batch norm equals the cpu backend, with and without scale and offset', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(1, 2, 3, 9), { minLength: 4, maxLength: 4 }),
        fc.constantFrom('channel', 'whole'),
        fc.boolean(),
        fc.integer(),
        (shape, statistics, affine, seed) =>
          expectSameAsCpu(() => {
            const of = (kind: string): number[] => (kind === 'channel' ? [shape[3]!] : shape);
            const x = randomTensor(seed, shape);
            const [mean, variance] = [
              randomTensor(seed + 1, of(statistics)),
              randomTensor(seed + 2, of(statistics)).abs(),
            ];
            if (!affine)
              return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, undefined, undefined, 0.1);
            const [offset, scale] = [randomTensor(seed + 3, of(statistics)), randomTensor(seed + 4, of(statistics))];
            return tf.batchNorm(
              ...([
                x,
                mean as tf.Tensor1D,
                variance as tf.Tensor1D,
                offset as tf.Tensor1D,
                scale as tf.Tensor1D,
                0.1,
              ] as const),
            );
          }),
      ),
      { seed: 2, numRuns: 60 },
    ));
});
