// Where a function has a kink or a tie, its gradient is a subgradient: what goes back sums to what came in.
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, on, startOurs } from '../../test/backends.ts';

/** Few different numbers, so that most are tied. */
const tied = (size: number): fc.Arbitrary<number[]> =>
  fc.array(fc.constantFrom(-1, 0, 1, 2), { minLength: size, maxLength: size });
const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);
const total = (x: tf.Tensor): number => Array.from(x.dataSync()).reduce((sum, v) => sum + v, 0);

/** Functions of one tensor that choose among its numbers: each result is one of them, or a mixture of equal ones. */
const choices: Readonly<Record<string, { readonly shape: number[]; readonly f: (x: tf.Tensor) => tf.Tensor }>> = {
  max: { shape: [3, 4], f: (x) => tf.max(x) },
  'max along an axis': { shape: [3, 4, 2], f: (x) => tf.max(x, 1) },
  'max along the last axis, kept': { shape: [3, 4], f: (x) => tf.max(x, -1, true) },
  'max along two axes': { shape: [2, 3, 4], f: (x) => tf.max(x, [0, -1]) },
  min: { shape: [3, 4], f: (x) => tf.min(x) },
  'min along an axis': { shape: [3, 4, 2], f: (x) => tf.min(x, 0) },
  maxPool: { shape: [1, 5, 4, 2], f: (x) => tf.maxPool(x as tf.Tensor4D, 2, 1, 'same') },
  maxPool3d: { shape: [1, 3, 4, 2, 2], f: (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 1, 'valid') },
  'maxPool with padding and rounding': {
    shape: [1, 5, 5, 1],
    f: (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1, 'floor'),
  },
  maxPoolWithArgmax: {
    shape: [2, 4, 4, 2],
    f: (x) => (tf.maxPoolWithArgmax(x as tf.Tensor4D, 2, 2, 'valid', true) as Record<string, tf.Tensor>)['result']!,
  },
  avgPool: { shape: [1, 5, 4, 2], f: (x) => tf.avgPool(x as tf.Tensor4D, 2, 1, 'same') },
  avgPool3d: { shape: [1, 3, 4, 2, 2], f: (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'same') },
  'topk, all of it sorted': { shape: [3, 5], f: (x) => tf.topk(x, 5).values },
  topk: { shape: [3, 5], f: (x) => tf.topk(x, 2).values },
  'maximum of two parts': { shape: [2, 6], f: (x) => tf.maximum(tf.slice(x, [0], [1]), tf.slice(x, [1], [1])) },
  'minimum of two parts': { shape: [2, 6], f: (x) => tf.minimum(tf.slice(x, [0], [1]), tf.slice(x, [1], [1])) },
  'grey dilation': {
    shape: [1, 4, 4, 1],
    f: (x) => tf.dilation2d(x as tf.Tensor4D, tf.zeros([2, 2, 1]), 1, 'valid'),
  },
};

/** Functions of one number with kinks, and their derivatives from the left and from the right. */
const kinks: Readonly<Record<string, readonly [(x: tf.Tensor) => tf.Tensor, at: number, left: number, right: number]>> =
  {
    abs: [tf.abs, 0, -1, 1],
    relu: [tf.relu, 0, 0, 1],
    'relu6 at 0': [tf.relu6, 0, 0, 1],
    'relu6 at 6': [tf.relu6, 6, 1, 0],
    leakyRelu: [(x) => tf.leakyRelu(x, 0.25), 0, 0.25, 1],
    prelu: [(x) => tf.prelu(x, tf.scalar(0.25)), 0, 0.25, 1],
    elu: [tf.elu, 0, 1, 1],
    selu: [tf.selu, 0, 1.7580993408473766, 1.0507009873554805],
    'clipByValue at the lower bound': [(x) => tf.clipByValue(x, -1, 2), -1, 0, 1],
    'clipByValue at the upper bound': [(x) => tf.clipByValue(x, -1, 2), 2, 1, 0],
    'hinge by maximum': [(x) => tf.maximum(x, 0), 0, 0, 1],
    'hinge by minimum': [(x) => tf.minimum(x, 0), 0, 1, 0],
    'square root of a square by where': [(x) => tf.where(tf.greater(x, 0), x, tf.neg(x)), 0, -1, 1],
  };

describe.each(builds)('subgradients, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries(choices))('of %s sum to what came in', async (_name, { shape, f }) => {
    await tf.setBackend('wasm');
    fc.assert(
      fc.property(tied(sizeOf(shape)), (values) =>
        tf.tidy(() => {
          const x = tf.tensor(values, shape);
          const y = f(x);
          const dy = tf.tensor(Float32Array.from({ length: y.size }, (_, i) => 1 + (i % 7)), y.shape); // prettier-ignore
          const dx = tf.grad(f)(x, dy);
          expect(total(dx)).toBeCloseTo(total(dy), 4);
          // Homogeneous functions: <f'(x), x> = <dy, f(x)> whatever subgradient it is.
          expect(total(tf.mul(dx, x))).toBeCloseTo(total(tf.mul(dy, y)), 4);
        }),
      ),
      { seed: 8, numRuns: 40 },
    );
  });

  it.each(Object.entries(kinks))(
    'of %s lie between the derivatives of both sides',
    async (_name, [f, at, left, right]) => {
      const [slope] = await on('wasm', () => tf.grad(f)(tf.scalar(at)));
      expect(slope!.values[0]).toBeGreaterThanOrEqual(Math.min(left, right) - 1e-6);
      expect(slope!.values[0]).toBeLessThanOrEqual(Math.max(left, right) + 1e-6);
    },
  );

  it('share ties equally in max and min, as TensorFlow does; abs has 0 at 0', async () => {
    const x = (): tf.Tensor => tf.tensor1d([2, 2, 1]);
    const [max, min, abs] = await on('wasm', () => [
      tf.grad((t: tf.Tensor) => tf.max(t))(x()),
      tf.grad((t: tf.Tensor) => tf.min(t))(tf.neg(x())),
      tf.grad((t: tf.Tensor) => tf.abs(t))(tf.tensor1d([-2, 0, 3])),
    ]);
    expect([...(max!.values as Float32Array)]).toEqual([0.5, 0.5, 0]);
    expect([...(min!.values as Float32Array)]).toEqual([0.5, 0.5, 0]);
    expect([...(abs!.values as Float32Array)]).toEqual([-1, 0, 1]);
  });

  it('of prod are the product of the others, with any number of zeros and along any axes', async () => {
    await tf.setBackend('wasm');
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 12 }),
        fc.constantFrom(undefined, 0, 1, 2, -1, -2, [0, 2], [-1, 0], [1, 2]),
        (values, axis) =>
          tf.tidy(() => {
            const x = tf.tensor(values, [2, 3, 2]);
            const dx = tf
              .grad((t: tf.Tensor) => tf.prod(t, axis))(x)
              .dataSync();
            const axes = tf.util.parseAxisParam(axis as number, [2, 3, 2]);
            const place = (i: number): number[] => [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
            const together = (i: number, j: number): boolean =>
              place(i).every((p, d) => axes.includes(d) || p === place(j)[d]);
            const expected = values.map((_, i) =>
              values.reduce((product, v, j) => (j !== i && together(i, j) ? product * v : product), 1),
            );
            expect([...dx]).toEqual(expected);
          }),
      ),
      { seed: 9, numRuns: 60 },
    );
  });

  it('of pooled sentences with padding are not multiplied by the number of pads', async () => {
    // Embedding, convolution and a global maximum over a sentence of which most is padding: all those positions are tied.
    const [dx] = await on('wasm', () => tf.grad((x: tf.Tensor) => tf.sum(tf.max(x, 1)))(tf.ones([2, 50, 3])));
    expect(Array.from(dx!.values).reduce((sum, v) => sum + v, 0)).toBeCloseTo(6, 4);
  });
});
