import * as tf from '@tensorflow/tfjs';
import { expectClose, on, randomTensor, type Values } from './backends.ts';

/**
 * Compares a gradient on the wasm backend with central differences on the cpu backend. These are exact, but for rounding, where
 * the function is a polynomial of degree 1 or 2 in each input: so the step is large.
 */
export async function expectGradient(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly (() => tf.Tensor)[],
  { step = 2 ** -4, tolerance = 1e-5 }: { readonly step?: number; readonly tolerance?: number } = {},
): Promise<void> {
  const weighted = (y: tf.Tensor): tf.Tensor => tf.mul(y, randomTensor(99, y.shape));
  const actual = await on('wasm', () =>
    tf.grads((...xs: tf.Tensor[]) => tf.sum(weighted(f(...xs))))(inputs.map((x) => x())),
  );
  const points = await on('cpu', () => inputs.map((x) => x()));
  const expected: Values[] = [];
  await tf.setBackend('cpu');
  for (const [i, { shape, values }] of points.entries()) {
    const at = (index: number, value: number): number => {
      const moved = Float32Array.from(values);
      moved[index] = value;
      return tf.tidy(() => {
        const xs = points.map((p, j) => tf.tensor((j === i ? moved : p.values) as Float32Array, [...p.shape]));
        return [...weighted(f(...xs)).dataSync()].reduce((sum, v) => sum + v, 0);
      });
    };
    const slopes = Array.from(values, (v, index) => (at(index, v + step) - at(index, v - step)) / (2 * step));
    expected.push({ shape, dtype: 'float32', values: slopes });
  }
  expectClose(actual, expected, tolerance);
}
