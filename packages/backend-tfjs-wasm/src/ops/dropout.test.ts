import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { builds, expectClose, on, randomTensor, startOurs } from '../../test/backends.ts';
import { dropout } from './dropout.ts';
import { murmur3 } from './murmur3.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

it('murmur3 gives the published values', () => {
  // Of four zero bytes, of 21 43 65 87, and of "test".
  expect(murmur3(0, 0)).toBe(0x2362f9de);
  expect(murmur3(0x87654321, 0)).toBe(0xf55b516b);
  expect(murmur3(0x87654321, 0x5082edee)).toBe(0x2362f9de);
  expect(murmur3(0x74736574, 0)).toBe(0xba6bd213);
  expect(murmur3(0x74736574, 0x9747b28c)).toBe(0x704b81dc);
});

describe.each(builds)('dropout, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('draws one mask in the kernel, in the fallback, and in the gradients of both', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 1, 2, 3, 5, 16, 37), { minLength: 0, maxLength: 3 }),
        fc.oneof(fc.constantFrom(0, 1e-12, 0.5, 1 - 2 ** -53), fc.double({ min: 0, max: 0.99, noNaN: true })),
        seeds,
        async (shape, rate, seed) => {
          const compute = (): tf.Tensor[] => {
            const f = (x: tf.Tensor): tf.Tensor => dropout(x, rate, seed);
            const [x, dy] = [randomTensor(1, shape), randomTensor(2, shape)];
            return [f(x), tf.grad(f)(x, dy), f(dy)];
          };
          const [kernel, fallback] = [await on('wasm', compute), await on('cpu', compute)];
          expectClose(kernel, fallback);
          for (const [, gradient, ofDy] of [kernel, fallback]) expect(gradient!.values).toEqual(ofDy!.values);
          const zeros = (values: ArrayLike<number>): boolean[] => Array.from(values, (value) => value === 0);
          kernel.forEach(({ values }, i) => expect(zeros(values)).toEqual(zeros(fallback[i]!.values)));
        },
      ),
      { seed: 1, numRuns: 80 },
    ));

  it.each([0.1, 0.5, 0.9])(
    'keeps what the rate %d says, scaled, independently of neighbours and other seeds',
    async (rate) => {
      const n = 100_000;
      const [first, second] = (
        await on('wasm', () => [dropout(tf.ones([n]), rate, 1), dropout(tf.ones([n]), rate, 2)])
      ).map(({ values }) => values) as [ArrayLike<number>, ArrayLike<number>];
      expect(new Set(Array.from(first))).toEqual(new Set([0, Math.fround(1 / Math.fround(1 - rate))]));
      const kept = (mask: ArrayLike<number>, i: number): boolean => mask[i % n] !== 0;
      /** Whether a count of n trials is within 4 standard deviations of its mean. */
      const expectFrequency = (probability: number, event: (i: number) => boolean): void => {
        let count = 0;
        for (let i = 0; i < n; i++) if (event(i)) count++;
        expect(Math.abs(count - n * probability)).toBeLessThan(4 * Math.sqrt(n * probability * (1 - probability)));
      };
      const p = 1 - rate;
      for (const mask of [first, second]) {
        expectFrequency(p, (i) => kept(mask, i));
        for (const lag of [1, 2, 4, 64]) expectFrequency(p * p, (i) => kept(mask, i) && kept(mask, i + lag));
      }
      expectFrequency(p * p, (i) => kept(first, i) && kept(second, i));
    },
  );

  it.each(['cpu', 'wasm'] as const)('drops NaN and infinities as any number on the %s backend', async (backend) => {
    const values = Array.from({ length: 64 }, (_, i) => [NaN, Infinity, -Infinity, 1][i % 4]!);
    const [y] = await on(backend, () => dropout(tf.tensor1d(values), 0.5, 3));
    expect(Array.from(y!.values)).toEqual(values.map((x, i) => (murmur3(i, 3) >= 2 ** 31 ? 2 * x : 0)));
  });

  it.each(['cpu', 'wasm'] as const)('leaves x alone at rate 0, on the %s backend', async (backend) => {
    const [x, y] = await on(backend, () => [randomTensor(1, [7, 9]), dropout(randomTensor(1, [7, 9]), 0, 5)]);
    expect(y!.values).toEqual(x!.values);
  });

  it('takes whole numbers', async () => {
    const compute = (): tf.Tensor => dropout(tf.range(0, 20, 1, 'int32'), 0.25, 4294967295);
    const fallback = await on('cpu', compute);
    expectClose(await on('wasm', compute), fallback);
    expect(fallback[0]!.dtype).toBe('float32');
  });

  it('has gradients of any order', async () => {
    const compute = (): tf.Tensor => {
      const cube = (x: tf.Tensor): tf.Tensor => tf.pow(dropout(x, 0.5, 9), 3);
      return tf.grad((x: tf.Tensor) => tf.grad(cube)(x))(randomTensor(1, [33]));
    };
    expectClose(await on('wasm', compute), await on('cpu', compute));
  });

  it('stores nothing for the gradient, and leaves nothing behind', async () => {
    await tf.setBackend('wasm');
    const [x, dy] = [randomTensor(1, [33]), randomTensor(2, [33])];
    const [tensors, held] = [tf.memory().numTensors, tf.backend().numDataIds()];
    const run = vi.spyOn(tf.engine(), 'runKernel');
    const f = (x: tf.Tensor): tf.Tensor => {
      const y = dropout(x, 0.5, 1);
      expect(tf.backend().numDataIds()).toBe(held + 1);
      return y;
    };
    tf.dispose(tf.grad(f)(x, dy));
    const kernels = run.mock.calls.map(([name]) => name).filter((name) => name !== 'Identity' && name !== 'Cast');
    run.mockRestore();
    expect(kernels).toEqual(['OverparamDropout', 'OverparamDropout']);
    dropout(x, 0.5, 1).dispose();
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual([tensors, held]);
    tf.dispose([x, dy]);
  });

  it.each(['cpu', 'wasm'] as const)('refuses a bad rate and a bad seed on the %s backend', async (backend) => {
    await tf.setBackend(backend);
    const x = randomTensor(1, [3]);
    const before = tf.memory().numTensors;
    for (const rate of [-0.1, 1, 1.5, NaN, Infinity])
      expect(() => dropout(x, rate, 1)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(`rate is ${rate}: it takes`) }),
      );
    for (const seed of [-1, 0.5, 2 ** 32, NaN, undefined as unknown as number])
      expect(() => dropout(x, 0.5, seed)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(`seed is ${seed}: it takes`) }),
      );
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });
});
