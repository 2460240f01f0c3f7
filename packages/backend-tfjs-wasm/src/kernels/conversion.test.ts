import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, on, startOurs, startStock } from '../../test/backends.ts';

const dtypes = ['float32', 'int32', 'bool'] as const;
const shape = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 3 });
const numbers = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(0, -0, 1, NaN)), {
    minLength: count,
    maxLength: count,
  });

it('tfjs-wasm casts to bool by cutting numbers off, and clips NaN to the lower bound', async () => {
  await startStock();
  const [bools, clipped] = await on('wasm', () => [
    tf.cast(tf.tensor1d([256, 0.5]), 'bool'),
    tf.clipByValue(tf.tensor1d([NaN]), -1, 1),
  ]);
  expect([...Array.from(bools!.values)]).toEqual([0, 0]);
  expect([...Array.from(clipped!.values)]).toEqual([-1]);
});

describe.each(builds)('conversions, $build', ({ relaxedSimd }) => {
  beforeAll(async () => void (await startOurs(relaxedSimd)));

  it('Cast between all numeric types', async () => {
    const cases = fc.tuple(shape, fc.constantFrom(...dtypes), fc.constantFrom(...dtypes));
    const values = cases.chain(([sizes, from, to]) =>
      numbers(tf.util.sizeFromShape(sizes)).map((list) => ({ sizes, from, to, list })),
    );
    await fc.assert(
      fc.asyncProperty(values, async ({ sizes, from, to, list }) => {
        const x =
          from === 'float32'
            ? list
            : list.map((value) => (from === 'bool' ? (value > 0 ? 1 : 0) : Math.trunc(value) || 0));
        await expectSameAsCpu(() => tf.cast(tf.tensor(x, sizes, from), to), 0);
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it('ClipByValue, of NaN and infinities too', async () => {
    const cases = fc.tuple(
      fc.integer({ min: 0, max: 40 }).chain(numbers),
      fc.double({ min: -10, max: 0 }),
      fc.double({ min: 0, max: 10 }),
    );
    await fc.assert(
      fc.asyncProperty(cases, ([values, low, high]) =>
        expectSameAsCpu(() => tf.clipByValue(tf.tensor1d([...values, Infinity, -Infinity, NaN]), low, high)),
      ),
      { seed: 6, numRuns: 60 },
    );
  });

  it('Bincount of any rank counts all', () =>
    expectSameAsCpu(
      () =>
        tf.bincount(
          tf.tensor3d([1, 2, 2, 9, 0, 1], [2, 3, 1], 'int32') as tf.Tensor as tf.Tensor1D,
          tf.tensor1d([]),
          4,
        ),
      0,
    ));
});
