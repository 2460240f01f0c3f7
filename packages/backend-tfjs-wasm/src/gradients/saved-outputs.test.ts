import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { builds, expectClose, on, randomTensor, startOurs, uniform } from '../../test/backends.ts';

/** Each function, and the same of a row in float64. */
const functions: Readonly<
  Record<string, readonly [(x: tf.Tensor) => tf.Tensor, (row: readonly number[]) => number[]]>
> = {
  exp: [tf.exp, (row) => row.map(Math.exp)],
  sigmoid: [tf.sigmoid, (row) => row.map((x) => 1 / (1 + Math.exp(-x)))],
  tanh: [tf.tanh, (row) => row.map(Math.tanh)],
  elu: [tf.elu, (row) => row.map((x) => (x > 0 ? x : Math.expm1(x)))],
  softmax: [
    tf.softmax,
    (row) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      return row.map((x) => Math.exp(x) / total);
    },
  ],
};
const [rows, n] = [3, 5];

/** Σ_j v_j ∂²φ / ∂x_i ∂x_j of φ = <w, f(x)> for a row, by central differences. */
function hessianProduct(f: (row: readonly number[]) => number[], w: number[], x: number[], v: number[]): number[] {
  const h = 2 ** -11;
  const phi = (a: number, i: number, b: number): number =>
    f(x.map((xj, j) => xj + b * h * v[j]! + (i === j ? a * h : 0))).reduce((sum, y, j) => sum + w[j]! * y, 0);
  return x.map((_, i) => (phi(1, i, 1) - phi(1, i, -1) - phi(-1, i, 1) + phi(-1, i, -1)) / (4 * h * h));
}

/** The gradient of <w, f(x)>. */
const gradient = (f: (x: tf.Tensor) => tf.Tensor, w: tf.Tensor) => tf.grad((x: tf.Tensor) => tf.sum(tf.mul(f(x), w)));

describe.each(builds)('gradients in terms of outputs, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.keys(functions))('of %s have a gradient', async (name) => {
    const [f, inFloat64] = functions[name]!;
    const numbers = (seed: number): number[] => {
      const next = uniform(seed);
      // Away from 0, where the derivative of elu has a corner.
      return Array.from({ length: rows * n }, () => Math.fround(2 * next() + 0.01));
    };
    const [x, v, w] = [numbers(1), numbers(2), numbers(3)];
    const row = (values: number[], i: number): number[] => values.slice(i * n, (i + 1) * n);
    const values = Array.from({ length: rows }, (_, i) =>
      hessianProduct(inFloat64, row(w, i), row(x, i), row(v, i)),
    ).flat();
    for (const backend of ['cpu', 'wasm'] as const) {
      const product = await on(backend, () => {
        const [tx, tv, tw] = [x, v, w].map((t) => tf.tensor2d(t, [rows, n])) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return tf.grad((x: tf.Tensor) => tf.sum(tf.mul(gradient(f, tw)(x), tv)))(tx);
      });
      expectClose(product, [{ shape: [rows, n], dtype: 'float32', values }]);
    }
  });

  it.each(Object.keys(functions))('of %s compute it once where nobody differentiates them', async (name) => {
    await tf.setBackend('wasm');
    const [x, w] = [randomTensor(1, [rows, n]), randomTensor(2, [rows, n])];
    const run = vi.spyOn(tf.engine(), 'runKernel');
    tf.dispose(gradient(functions[name]![0], w)(x));
    const kernels = run.mock.calls.map(([kernel]) => kernel.toLowerCase());
    run.mockRestore();
    expect(kernels.filter((kernel) => kernel === name)).toHaveLength(1);
    tf.dispose([x, w]);
  });
});
