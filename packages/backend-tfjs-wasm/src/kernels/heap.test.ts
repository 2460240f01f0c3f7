// A full heap: whatever allocates works, or is an error that says so, and what was there stays as it was.
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerOptimizers } from '../optimizers/register.ts';
import { randomTensor, startOurs } from '../../test/backends.ts';
import { moduleOf } from './heap.ts';
import { type KernelHost } from './host.ts';

const mebibyte = 2 ** 18;

describe('a heap of 4 GiB that is full', () => {
  let host: KernelHost;
  let big: tf.Tensor;
  let low: string;
  const hogs: tf.TensorInfo[] = [];
  const keep: tf.Tensor[] = [];
  const fill = (mebibytes: number): void => {
    try {
      for (;;) hogs.push(host.make([mebibytes * mebibyte], 'float32', () => {}));
    } catch (error) {
      expect(error).toMatchObject({ code: 'HEAP_FULL' });
    }
  };
  const start = (): string => Buffer.from(moduleOf(host.backend).HEAPU8.subarray(0, 64)).toString('hex');
  beforeAll(async () => {
    host = await startOurs(false);
    registerOptimizers();
    keep.push(...Array.from({ length: 50 }, (_, i) => tf.fill([1000], i, 'int32')));
    big = tf.ones([64 * mebibyte]);
    for (const size of [256, 64, 8, 1]) fill(size);
    low = start();
  });
  afterAll(() => hogs.forEach((hog) => host.free(hog)));

  const intact = (): boolean => keep.every((t, i) => t.dataSync().every((v) => v === i)) && start() === low;
  const values = new Float32Array(32 * mebibyte);
  const image = (): tf.Tensor4D => tf.reshape(big, [1, 4096, 4096, 1]);
  const calls: Readonly<Record<string, () => unknown>> = {
    'a tensor from JavaScript': () => tf.tensor(values),
    'random numbers': () => tf.randomNormal([16 * mebibyte]),
    zeros: () => tf.zeros([64 * mebibyte]),
    ...Object.fromEntries(
      (['relu', 'sin', 'floor', 'cumsum', 'tanh', 'round', 'isNaN', 'neg'] as const).map((name) => [
        name,
        () => (tf[name] as (x: tf.Tensor) => tf.Tensor)(big),
      ]),
    ),
    add: () => tf.add(big, big),
    pow: () => tf.pow(big, 2.5),
    floorDiv: () => tf.floorDiv(big, big),
    greater: () => tf.greater(big, 0),
    cast: () => tf.cast(big, 'int32'),
    matMul: () => tf.matMul(tf.reshape(big, [4096, -1]), tf.reshape(big, [4096, -1]), true),
    conv2d: () => tf.conv2d(image(), tf.ones([3, 3, 1, 1]), 1, 'same'),
    maxPool: () => tf.maxPool(image(), 2, 1, 'same'),
    resizeBilinear: () => tf.image.resizeBilinear(image(), [5000, 5000]),
    resizeNearestNeighbor: () => tf.image.resizeNearestNeighbor(image(), [5000, 5000]),
    flipLeftRight: () => tf.image.flipLeftRight(image()),
    rotate: () => tf.image.rotateWithOffset(image(), 0.1),
    pad: () => tf.pad(tf.reshape(big, [1024, -1]), [[1, 1], [1, 1]]), // prettier-ignore
    mirrorPad: () => tf.mirrorPad(tf.reshape(big, [1024, -1]), [[1, 1], [1, 1]], 'reflect'), // prettier-ignore
    transpose: () => tf.transpose(tf.reshape(big, [1024, -1])),
    concat: () => tf.concat([big, big] as never),
    tile: () => tf.tile(big, [2]),
    gather: () => tf.gather(tf.reshape(big, [1024, -1]), tf.range(0, 1024, 1, 'int32')),
    where: () => tf.where(tf.greater(tf.scalar(1), 0), big, big),
    oneHot: () => tf.oneHot(tf.range(0, mebibyte, 1, 'int32'), 100),
    localResponseNormalization: () => tf.localResponseNormalization(image()),
    softmax: () => tf.softmax(tf.reshape(big, [1024, -1])),
    unique: () => tf.unique(tf.range(0, 4 * mebibyte) as tf.Tensor),
    'more than 4 GiB, which modulo 2^32 is little': () => tf.engine().runKernel('Fill', {}, { shape: [2 ** 30 + 4], value: 1, dtype: 'float32' }), // prettier-ignore
  };
  it.each(Object.entries(calls))('%s: an error, and nothing is lost', async (_name, f) => {
    await tf.setBackend('wasm');
    const [tensors, buffers] = [tf.memory().numTensors, host.backend.numDataIds()];
    expect(() => tf.tidy(f as () => tf.Tensor)).toThrow(
      expect.objectContaining({ code: 'HEAP_FULL', message: expect.stringMatching(/wasm heap has no \d+ bytes left/) }),
    );
    expect([tf.memory().numTensors, host.backend.numDataIds()]).toEqual([tensors, buffers]);
    expect(intact()).toBe(true);
  });

  it('small tensors either fit, or are errors, to the last byte; then all goes on', async () => {
    await tf.setBackend('wasm');
    const many: tf.Tensor[] = [];
    expect(() => {
      for (;;) many.push(tf.ones([5000]));
    }).toThrow(expect.objectContaining({ code: 'HEAP_FULL' }));
    expect(intact()).toBe(true);
    expect(many.every((t) => t.dataSync().every((v) => v === 1))).toBe(true);
    tf.dispose(many);
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });

  it.each(['sgd', 'momentum', 'adam'] as const)(
    'a step of %s that fails leaves the parameters as they were',
    async (name) => {
      await tf.setBackend('wasm');
      // Room for the step, which the allocator below gives out bit by bit.
      for (const hog of hogs.splice(0, 1)) host.free(hog);
      const small = tf.variable(randomTensor(1, [10]), true, `small-${name}`);
      const large = tf.variable(randomTensor(2, [100_000]), true, `large-${name}`);
      const optimizer = name === 'momentum' ? tf.train.momentum(0.1, 0.9) : tf.train[name](0.1);
      const gradients = [small, large].map((v) => ({ name: v.name, tensor: tf.onesLike(v as tf.Tensor) }));
      const before = [small, large].map((v) => Array.from(v.dataSync()));
      const module = moduleOf(host.backend);
      const malloc = module._malloc;
      let [left, allowed] = [0, 0];
      module._malloc = (bytes) => (bytes < 400_000 ? malloc(bytes) : left-- > 0 ? malloc(bytes) : 0);
      try {
        for (;;) {
          left = allowed;
          try {
            optimizer.applyGradients(gradients);
            break;
          } catch (error) {
            expect(error).toMatchObject({ code: 'HEAP_FULL' });
            expect([small, large].map((v) => Array.from(v.dataSync()))).toEqual(before);
            allowed++;
          }
        }
      } finally {
        module._malloc = malloc;
      }
      expect(allowed).toBeGreaterThan(0);
      expect(small.dataSync()[0]).not.toBe(before[0]![0]);
      tf.dispose([small, large, ...gradients.map(({ tensor }) => tensor)]);
      optimizer.dispose();
    },
  );
});
