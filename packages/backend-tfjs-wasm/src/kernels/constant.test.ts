import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, on, startOurs } from '../../test/backends.ts';

describe.each(builds)('constants, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('fill, zerosLike and onesLike equal the cpu backend, of any size and type', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
        fc.constantFrom('float32', 'int32', 'bool'),
        fc.integer({ min: -3, max: 3 }),
        (shape, dtype, value) =>
          expectSameAsCpu(() => {
            const x = tf.fill(shape, dtype === 'bool' ? Math.abs(value % 2) : value, dtype as 'float32');
            return [x.cast('float32'), tf.zerosLike(x), tf.onesLike(x)];
          }),
      ),
      { seed: 1, numRuns: 60 },
    ));

  it.each([NaN, Infinity, -0, 0.1, 1e-45])('writes %s as it is', async (value) => {
    const [filled] = await on('wasm', () => tf.fill([37], value, 'float32'));
    expect(filled!.values).toEqual(new Float32Array(37).fill(value));
  });
});
