// Second derivatives through pooling, resizing and convolutions: those of the same functions written in operations that have them.
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectClose, on, randomTensor, startOurs } from '../../test/backends.ts';

type F = (x: tf.Tensor) => tf.Tensor;
const image = [2, 4, 4, 2];
const filter = (): tf.Tensor => randomTensor(7, [2, 2, 2, 1]);

/** The same function twice: by the kernel, and by reshapes, slices, products and sums. */
const pairs: Readonly<Record<string, { readonly shape: readonly number[]; readonly kernel: F; readonly plain: F }>> = {
  avgPool: {
    shape: image,
    kernel: (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
    plain: (x) => tf.mean(tf.reshape(x, [2, 2, 2, 2, 2, 2]), [2, 4]),
  },
  maxPool: {
    shape: image,
    kernel: (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
    plain: (x) => tf.max(tf.reshape(x, [2, 2, 2, 2, 2, 2]), [2, 4]),
  },
  avgPool3d: {
    shape: [1, 2, 2, 4, 2],
    kernel: (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'valid'),
    plain: (x) => tf.reshape(tf.mean(tf.reshape(x, [1, 2, 2, 2, 2, 2]), [1, 2, 4]), [1, 1, 1, 2, 2]),
  },
  maxPool3d: {
    shape: [1, 2, 2, 4, 2],
    kernel: (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'valid'),
    plain: (x) => tf.reshape(tf.max(tf.reshape(x, [1, 2, 2, 2, 2, 2]), [1, 2, 4]), [1, 1, 1, 2, 2]),
  },
  resizeBilinear: {
    shape: [2, 2, 2, 2],
    kernel: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [3, 3], true),
    // With corners aligned the middle is the mean of its neighbours.
    plain: (x) => {
      const between = (x: tf.Tensor, axis: number): tf.Tensor => {
        const [a, b] = tf.split(x, 2, axis) as [tf.Tensor, tf.Tensor];
        return tf.concat([a, tf.div(tf.add(a, b), 2), b], axis);
      };
      return between(between(x, 1), 2);
    },
  },
  resizeNearestNeighbor: {
    shape: [2, 2, 2, 2],
    kernel: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [4, 4]),
    plain: (x) => tf.reshape(tf.tile(tf.reshape(x, [2, 2, 1, 2, 1, 2]), [1, 1, 2, 1, 2, 1]), [2, 4, 4, 2]),
  },
  depthwiseConv2d: {
    shape: image,
    kernel: (x) => tf.depthwiseConv2d(x as tf.Tensor4D, filter() as tf.Tensor4D, 1, 'valid'),
    plain: (x) =>
      tf.addN(
        [0, 1, 2, 3].map((i) => {
          const [r, c] = [i >> 1, i & 1];
          const tap = tf.reshape(tf.slice(filter(), [r, c, 0, 0], [1, 1, 2, 1]), [2]);
          return tf.mul(tf.slice(x, [0, r, c, 0], [2, 3, 3, 2]), tap);
        }),
      ),
  },
};

describe.each(builds)('second derivatives, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries(pairs))('through %s', async (_name, { shape, kernel, plain }) => {
    const penalty =
      (f: F) =>
      (x: tf.Tensor): tf.Tensor => {
        const loss = (x: tf.Tensor): tf.Tensor => tf.sum(tf.pow(f(tf.tanh(x)), 3));
        return tf.sum(tf.square(tf.grad(loss)(x)));
      };
    const of = (f: F) => on('wasm', () => [f(randomTensor(3, shape)), tf.grad(penalty(f))(randomTensor(3, shape))]);
    const [actual, expected] = [await of(kernel), await of(plain)];
    expect(Array.from(expected[1]!.values).some((v) => Math.abs(v) > 1e-3)).toBe(true);
    expectClose(actual, expected, 2e-5);
  });

  it('in the weights of a critic with pooling and a gradient penalty, as of WGAN-GP', async () => {
    const pools: Readonly<Record<'kernel' | 'plain', readonly [F, F]>> = {
      kernel: [pairs['avgPool']!.kernel, pairs['maxPool']!.kernel],
      plain: [pairs['avgPool']!.plain, pairs['maxPool']!.plain],
    };
    const gradients = (which: 'kernel' | 'plain') =>
      on('wasm', () => {
        const critic = (x: tf.Tensor, w: tf.Tensor, d: tf.Tensor): tf.Tensor => {
          const features = tf.leakyRelu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), 0.2);
          const pooled = tf.concat(pools[which].map((pool) => pool(features)), 3); // prettier-ignore
          return tf.sum(tf.mul(tf.square(pooled), d));
        };
        const penalty = (w: tf.Tensor, d: tf.Tensor): tf.Tensor => {
          const slope = tf.grad((x: tf.Tensor) => critic(x, w, d))(randomTensor(1, image));
          return tf.sum(tf.square(tf.sub(tf.sqrt(tf.sum(tf.square(slope), [1, 2, 3])), 1)));
        };
        return tf.grads((w: tf.Tensor, d: tf.Tensor) => penalty(w, d))([
          randomTensor(2, [3, 3, 2, 2]),
          randomTensor(3, [2, 2, 4]),
        ]);
      });
    expectClose(await gradients('kernel'), await gradients('plain'), 2e-5);
  });
});
