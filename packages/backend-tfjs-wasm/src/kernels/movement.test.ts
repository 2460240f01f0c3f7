import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, startOurs, uniform } from '../../test/backends.ts';
import { type KernelHost } from './host.ts';
import { plan } from './strided-copy.ts';

const dtypes = fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const);
/** Sizes around the vector's width, and past the block of a transpose. */
const size = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(63, 64, 65, 70));
const shapes = fc
  .array(size, { minLength: 0, maxLength: 5 })
  .filter((shape) => shape.reduce((product, s) => product * s, 1) <= 20_000);

/** Numbers of the type; made from values, for tfjs's own cast to bool is wrong on wasm. */
function tensorOf(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool'): tf.Tensor {
  const next = uniform(3);
  const values = Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => {
    const value = next();
    return dtype === 'float32' ? value : dtype === 'int32' ? Math.round(100 * value) : value > 0 ? 1 : 0;
  });
  return tf.tensor(values, [...shape], dtype);
}

const permuted = (count: number): fc.Arbitrary<number[]> => {
  const axes = Array.from({ length: count }, (_, axis) => axis);
  return fc.shuffledSubarray(axes, { minLength: count, maxLength: count });
};

describe.each(builds)('kernels that move numbers, $build', ({ relaxedSimd }) => {
  let host: KernelHost;
  beforeAll(async () => {
    host = await startOurs(relaxedSimd);
  });
  const check = (arbitrary: fc.Arbitrary<() => tf.Tensor | tf.Tensor[]>): Promise<void> =>
    fc.assert(
      fc.asyncProperty(arbitrary, (compute) => expectSameAsCpu(compute, 0)),
      { seed: 4, numRuns: 150 },
    );

  it('Transpose', () =>
    check(
      fc
        .tuple(shapes, dtypes)
        .chain(([shape, dtype]) =>
          permuted(shape.length).map((order) => () => tf.transpose(tensorOf(shape, dtype), order)),
        ),
    ));

  it('Tile', () =>
    check(
      fc
        .tuple(
          shapes.filter((shape) => shape.length > 0 && tf.util.sizeFromShape(shape) < 2000),
          dtypes,
        )
        .chain(([shape, dtype]) =>
          fc
            .array(fc.integer({ min: 0, max: 3 }), { minLength: shape.length, maxLength: shape.length })
            .map((repetitions) => () => tf.tile(tensorOf(shape, dtype), repetitions)),
        ),
    ));

  it('Slice', () =>
    check(
      fc
        .tuple(
          shapes.filter((shape) => shape.length > 0),
          dtypes,
        )
        .chain(([shape, dtype]) =>
          fc
            .tuple(...shape.map((s) => fc.tuple(fc.integer({ min: 0, max: s }), fc.integer({ min: 0, max: s }))))
            .map((ends) => () => {
              const begin = ends.map(([a, b]) => Math.min(a, b));
              return tf.slice(
                tensorOf(shape, dtype),
                begin,
                ends.map(([a, b], i) => Math.max(a, b) - begin[i]!),
              );
            }),
        ),
    ));

  it('Reverse', () =>
    check(
      fc
        .tuple(shapes, dtypes)
        .chain(([shape, dtype]) =>
          fc.subarray(shape.map((_, axis) => axis)).map((axes) => () => tf.reverse(tensorOf(shape, dtype), axes)),
        ),
    ));

  const axisOf = (shape: readonly number[]): fc.Arbitrary<number> =>
    fc.integer({ min: -shape.length, max: shape.length - 1 });

  it('Unpack, and Pack, which puts the parts together again', () =>
    check(
      fc
        .tuple(
          shapes.filter((shape) => shape.length > 0 && !shape.includes(0)),
          dtypes,
        )
        .chain(([shape, dtype]) =>
          axisOf(shape).map((axis) => () => {
            const parts = tf.unstack(tensorOf(shape, dtype), axis);
            return [...parts, tf.stack(parts, axis)];
          }),
        ),
    ));

  it('SplitV, and Concat, which puts the parts together again', () =>
    check(
      fc
        .tuple(
          shapes.filter((shape) => shape.length > 0),
          dtypes,
        )
        .chain(([shape, dtype]) =>
          fc.tuple(axisOf(shape), fc.nat(), fc.boolean()).map(([axis, at, open]) => () => {
            const all = shape.at(axis)!;
            const first = at % (all + 1);
            const parts = tf.split(tensorOf(shape, dtype), [first, open ? -1 : all - first], axis);
            return [...parts, tf.concat(parts, axis)];
          }),
        ),
    ));

  it('Concat of different types converts, as tfjs does', () =>
    expectSameAsCpu(
      () => tf.concat([tf.tensor1d([1.5, 2]), tf.tensor1d([3, 4], 'int32') as tf.Tensor as tf.Tensor1D]),
      0,
    ));

  it('Slice of strings, which tfjs keeps outside the heap', async () => {
    await tf.setBackend('wasm');
    const letters = tf.tensor1d(['a', 'b', 'c', 'd'], 'string');
    expect(tf.slice(letters, [1], [2]).arraySync()).toEqual(['b', 'c']);
  });

  it('share the values where nothing moves, and free them with the last tensor', () => {
    const before = tf.memory().numDataBuffers;
    const x = tf.ones([2, 1, 3]);
    const same = [tf.clone(x), tf.transpose(x, [1, 0, 2]), tf.tile(x, [1, 1, 1]), tf.slice(x, [0, 0, 0], [2, 1, 3])];
    for (const y of same) expect(host.offset(y)).toBe(host.offset(x));
    x.dispose();
    expect([...same[1]!.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
    tf.dispose(same);
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('leave nothing behind when they refuse', () => {
    const x = tf.ones([4]);
    const before = tf.memory().numDataBuffers;
    expect(() => tf.split(x, [1, 1])).toThrow();
    expect(() => tf.slice(x, [3], [5])).toThrow();
    expect(tf.memory().numDataBuffers).toBe(before);
    x.dispose();
  });
});

describe('plan', () => {
  it('needs one loop for a plain copy, two for a transpose with any number of axes before it', () => {
    expect(
      plan([
        { size: 2, from: 12, to: 12 },
        { size: 3, from: 4, to: 4 },
        { size: 4, from: 1, to: 1 },
      ]),
    ).toEqual([{ size: 24, from: 1, to: 1 }]);
    expect(
      plan([
        { size: 5, from: 1, to: 6 },
        { size: 2, from: 15, to: 3 },
        { size: 3, from: 5, to: 1 },
      ]),
    ).toEqual([
      { size: 5, from: 1, to: 6 },
      { size: 6, from: 5, to: 1 },
    ]);
  });
});
