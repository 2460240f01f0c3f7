// Offsets above 2 GiB are negative where a 32-bit integer is taken to be signed.
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, on, randomTensor, startOurs } from '../../test/backends.ts';
import { type KernelHost } from './host.ts';

describe.each(builds)('above 2 GiB, $build', ({ relaxedSimd }) => {
  let host: KernelHost;
  const ballast: tf.TensorInfo[] = [];
  beforeAll(async () => {
    host = await startOurs(relaxedSimd);
    // Two tensors of 1 GiB, never touched: they take address space alone.
    while (ballast.length < 2) ballast.push(host.make([2 ** 28], 'float32', () => {}));
    return () => ballast.forEach((tensor) => host.free(tensor));
  });

  it('has its tensors there', async () => {
    await tf.setBackend('wasm');
    const tensor = tf.zeros([2 ** 20]);
    expect(host.offset(tensor)).toBeGreaterThan(2 ** 31);
    tensor.dispose();
  });

  it('products, convolutions, pooling, sums and functions equal the cpu backend', () =>
    expectSameAsCpu(() => {
      // Large enough not to fit into a gap below.
      const [a, b] = [randomTensor(1, [300, 400]), randomTensor(2, [400, 200])] as [tf.Tensor2D, tf.Tensor2D];
      const x = randomTensor(3, [8, 40, 40, 8]) as tf.Tensor4D;
      const filter = randomTensor(4, [3, 3, 8, 4]) as tf.Tensor4D;
      const [dx, df] = tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))([x, filter]);
      const pooled = tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'))(x);
      return [
        ...[tf.matMul(a, b), tf.matMul(b, a, true, true), dx!, df!, pooled],
        ...[
          tf.sum(x, [0, 1, 2]),
          tf.sum(x),
          tf.tanh(x),
          tf.add(x, tf.sum(x, [0, 1, 2])),
          tf.softmax(a),
          tf.transpose(a),
        ],
      ];
    }));

  it('says so when 4 GiB are full', async () => {
    await tf.setBackend('wasm');
    const more: tf.TensorInfo[] = [];
    try {
      expect(() => {
        while (more.length < 8) more.push(host.make([2 ** 27], 'float32', () => {}));
      }).toThrow(/wasm heap has no 536870912 bytes left/);
    } finally {
      more.forEach((tensor) => host.free(tensor));
    }
    const [sum] = await on('wasm', () => tf.sum(tf.ones([10])));
    expect(sum!.values[0]).toBe(10);
  });
});
