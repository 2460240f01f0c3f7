import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { builds, expectClose, expectSameAsCpu, on, randomTensor, startOurs, uniform } from '../../test/backends.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

const shape = fc.array(fc.constantFrom(0, 1, 2, 3, 4, 10, 33), { minLength: 1, maxLength: 3 });

/** Each row's loss weighted, and its gradient in the logits. */
function weighted(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor[] {
  const outer = logits.shape.slice(0, -1);
  const f = (z: tf.Tensor): tf.Tensor => tf.mul(softmaxCrossEntropy(labels, z), randomTensor(7, outer));
  const { value, grad } = tf.valueAndGrad(f)(logits);
  return [value, grad];
}

/** Loss and gradient of each row in float64. */
function inFloat64(y: readonly number[], z: readonly number[], n: number): [loss: number[], gradient: number[]] {
  const [loss, gradient]: [number[], number[]] = [[], []];
  for (let row = 0; row < y.length; row += n) {
    const [ys, zs] = [y.slice(row, row + n), z.slice(row, row + n)];
    const top = Math.max(...zs);
    const total = zs.reduce((sum, value) => sum + Math.exp(value - top), 0);
    const mass = ys.reduce((a, b) => a + b);
    loss.push(ys.reduce((sum, label, j) => sum + label * (Math.log(total) - (zs[j]! - top)), 0));
    gradient.push(...zs.map((value, j) => (Math.exp(value - top) / total) * mass - ys[j]!));
  }
  return [loss, gradient];
}

describe.each(builds)('softmaxCrossEntropy, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('and its gradient equal their composition on the cpu backend, for large logits and sizes 0 and 1 too', () =>
    fc.assert(
      fc.asyncProperty(shape, fc.constantFrom(0.1, 5, 300), fc.integer(), (shape, scale, seed) =>
        expectSameAsCpu(() =>
          weighted(tf.relu(randomTensor(seed, shape)), tf.mul(randomTensor(seed + 1, shape), scale)),
        ),
      ),
      { seed: 1, numRuns: 80 },
    ));

  it.each(['cpu', 'wasm'] as const)('equals float64 on the %s backend', (backend) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 5, 8, 37),
        fc.integer({ min: 1, max: 5 }),
        fc.integer(),
        async (n, rows, seed) => {
          const next = uniform(seed);
          const of = (scale: number): number[] =>
            Array.from({ length: n * rows }, () => Math.fround(scale * (next() + 0.5)));
          const [y, z] = [of(1), of(20)];
          const actual = await on(backend, () => {
            const f = (z: tf.Tensor): tf.Tensor => softmaxCrossEntropy(tf.tensor(y, [rows, n]), z);
            return [f(tf.tensor(z, [rows, n])), tf.grad(f)(tf.tensor(z, [rows, n]))];
          });
          const [loss, gradient] = inFloat64(y, z, n);
          expectClose(actual, [
            { shape: [rows], dtype: 'float32', values: loss },
            { shape: [rows, n], dtype: 'float32', values: gradient },
          ]);
        },
      ),
      { seed: 2, numRuns: 40 },
    ),
  );

  it('keeps NaN and infinities in their rows', async () => {
    const rows = [
      [1, 2, 3, 4, 5],
      [NaN, 2, 3, 4, 5],
      [1, 2, 3, 4, NaN],
      [Infinity, 2, 3, 4, 5],
      [1, 2, -Infinity, 4, 5],
      [-Infinity, 2, 3, 4, 5],
      new Array<number>(5).fill(-Infinity),
      [1e38, -1e38, 0, 1, 2],
    ];
    const labels = rows.map(() => [0.5, 0.25, 0, 0.25, 0]);
    const compute = (): tf.Tensor[] => weighted(tf.tensor2d(labels), tf.tensor2d(rows));
    await expectSameAsCpu(compute);
    const loss = Array.from(
      (await on('wasm', () => softmaxCrossEntropy(tf.tensor2d(labels), tf.tensor2d(rows))))[0]!.values,
    );
    expect(loss.map((value) => (Number.isFinite(value) ? 'finite' : String(value)))).toEqual([
      'finite',
      'NaN',
      'NaN',
      'NaN',
      'finite',
      'Infinity',
      'NaN',
      'finite',
    ]);
    // Labels that are NaN, and rows without labels.
    await expectSameAsCpu(() =>
      weighted(
        tf.tensor2d([
          [NaN, 1],
          [0, 0],
          [0, 0],
        ]),
        tf.tensor2d([
          [1, 2],
          [1, 2],
          [NaN, 1],
        ]),
      ),
    );
  });

  it('takes labels and logits of other types', () =>
    expectSameAsCpu(() => {
      const labels = tf.oneHot(tf.tensor1d([1, 0, 3], 'int32'), 4);
      return [
        softmaxCrossEntropy(labels, randomTensor(1, [3, 4])),
        softmaxCrossEntropy(labels.toBool(), tf.range(0, 12, 1, 'int32').reshape([3, 4])),
      ];
    }));

  it.each(['cpu', 'wasm'] as const)('has the gradient of its gradient on the %s backend', async (backend) => {
    const y = [0.5, 0.25, 0, 1];
    const [z, v] = [
      [0.3, -1, 2, 0.5],
      [1, -2, 0.5, 3],
    ];
    const [hv] = await on(backend, () => {
      const gradient = tf.grad((z: tf.Tensor) => softmaxCrossEntropy(tf.tensor1d(y), z));
      return tf.grad((z: tf.Tensor) => tf.mul(gradient(z), tf.tensor1d(v)))(tf.tensor1d(z));
    });
    // Central differences of the gradient in float64.
    const step = 1e-4;
    const [plus, minus] = [step, -step].map(
      (h) =>
        inFloat64(
          y,
          z.map((value, j) => value + h * v[j]!),
          4,
        )[1],
    ) as [number[], number[]];
    const values = plus.map((value, j) => (value - minus[j]!) / (2 * step));
    expectClose([hv!], [{ shape: [4], dtype: 'float32', values }]);
  });

  it('is one kernel, and one multiplication back', async () => {
    await tf.setBackend('wasm');
    const [labels, z, dy] = [randomTensor(1, [3, 5]), randomTensor(2, [3, 5]), randomTensor(3, [3])];
    const run = vi.spyOn(tf.engine(), 'runKernel');
    tf.dispose(tf.grad((z: tf.Tensor) => softmaxCrossEntropy(labels, z))(z, dy));
    const views = new Set(['Identity', 'Cast', 'Reshape', 'ExpandDims']);
    const kernels = run.mock.calls.map(([name]) => name).filter((name) => !views.has(name));
    run.mockRestore();
    expect(kernels).toEqual(['OverparamSoftmaxCrossEntropy', 'Multiply']);
    tf.dispose([labels, z, dy]);
  });

  it.each(['cpu', 'wasm'] as const)('leaves no tensor behind outside of a tidy on the %s backend', async (backend) => {
    await tf.setBackend(backend);
    const [labels, z] = [randomTensor(1, [3, 5]), randomTensor(2, [3, 5])];
    const before = tf.memory().numTensors;
    softmaxCrossEntropy(labels, z).dispose();
    tf.grad((z: tf.Tensor) => softmaxCrossEntropy(labels, z))(z).dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([labels, z]);
  });

  it.each(['cpu', 'wasm'] as const)('refuses what it cannot take on the %s backend', async (backend) => {
    await tf.setBackend(backend);
    tf.tidy(() => {
      const [labels, z] = [randomTensor(1, [3, 5]), randomTensor(2, [3, 5])];
      expect(() => softmaxCrossEntropy(tf.zeros([3, 4]), z)).toThrow(
        expect.objectContaining({ code: 'BAD_SHAPE', message: expect.stringContaining('[3,4] and logits [3,5]') }),
      );
      expect(() => softmaxCrossEntropy(tf.scalar(1), tf.scalar(1))).toThrow(
        expect.objectContaining({ code: 'BAD_SHAPE' }),
      );
      expect(() => tf.grads((y, z) => softmaxCrossEntropy(y!, z!))([labels, z])).toThrow(
        expect.objectContaining({ code: 'NO_GRADIENT' }),
      );
    });
  });

  it('trains a model as its loss, as the loss of tfjs does', async () => {
    await tf.setBackend('wasm');
    const x = randomTensor(1, [64, 6]);
    const labels = tf.tidy(() => tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [64, 3]), 1), 3));
    const fit = async (loss: (y: tf.Tensor, z: tf.Tensor) => tf.Tensor): Promise<number[]> => {
      const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [6], kernelInitializer })] });
      model.compile({ optimizer: tf.train.sgd(1), loss });
      const { history } = await model.fit(x, labels, { epochs: 20, batchSize: 16, shuffle: false, verbose: 0 });
      model.dispose();
      return history['loss'] as number[];
    };
    const [ours, theirs] = [await fit(softmaxCrossEntropy), await fit((y, z) => tf.losses.softmaxCrossEntropy(y, z))];
    expect(ours.at(-1)).toBeLessThan(0.5 * ours[0]!);
    ours.forEach((loss, epoch) => expect(loss).toBeCloseTo(theirs[epoch]!, 5));
    tf.dispose([x, labels]);
  });
});
