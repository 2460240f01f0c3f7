import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, randomTensor, startOurs } from '../../test/backends.ts';
import { gelu, silu } from './activations.ts';
import { layerNorm } from './layer-norm.ts';

const shape = fc.array(fc.constantFrom(1, 2, 3, 5, 16, 37), { minLength: 1, maxLength: 3 });

describe.each(builds)('operations, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries({ gelu, silu }))(
    '%s and its gradient equal their composition on the cpu backend',
    (_name, f) =>
      fc.assert(
        fc.asyncProperty(shape, fc.integer(), (shape, seed) =>
          expectSameAsCpu(() => {
            const x = randomTensor(seed, shape).mul(4);
            const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.mul(f(x), randomTensor(seed + 1, shape)))(x);
            return [value, grad];
          }),
        ),
        { seed: 1, numRuns: 40 },
      ),
  );

  it('layerNorm and its gradients equal their composition on the cpu backend', () =>
    fc.assert(
      fc.asyncProperty(shape, fc.integer(), (shape, seed) =>
        expectSameAsCpu(() => {
          const n = shape[shape.length - 1]!;
          const inputs = [randomTensor(seed, shape), randomTensor(seed + 1, [n]), randomTensor(seed + 2, [n])];
          const f = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
            tf.mul(layerNorm(x, scale, offset, 0.1), randomTensor(seed + 3, shape));
          const { value, grads } = tf.valueAndGrads(f)(inputs);
          return [value, ...grads];
        }),
      ),
      { seed: 2, numRuns: 40 },
    ));

  it('leaves no tensor behind', async () => {
    await tf.setBackend('wasm');
    const inputs = [randomTensor(1, [4, 5]), randomTensor(2, [5]), randomTensor(3, [5])];
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grads((x, scale, offset) => gelu(silu(layerNorm(x!, scale!, offset!))))(inputs));
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(inputs);
  });
});
