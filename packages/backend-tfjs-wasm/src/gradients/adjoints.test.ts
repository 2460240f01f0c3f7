// The gradient of a linear map is its adjoint, <dy, f(x)> = <f'(dy), x>, and the gradient of that is the map again.
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, randomTensor, startOurs } from '../../test/backends.ts';
import { linearKernels } from '../../test/linear-kernels.ts';

const runs = 40;

/** <a, b> in float64, and the sum of its magnitudes. */
function inner(a: tf.Tensor, b: tf.Tensor): readonly [sum: number, size: number] {
  const [x, y] = [a.dataSync(), b.dataSync()];
  const products = Array.from(x, (v, i) => v * y[i]!);
  return [products.reduce((s, p) => s + p, 0), products.reduce((s, p) => s + Math.abs(p), 0)];
}

describe.each(builds)('adjoints, $build', ({ relaxedSimd }) => {
  let checked = 0;
  beforeAll(() => startOurs(relaxedSimd));
  afterAll(() => tf.disposeVariables());

  it.each(Object.keys(linearKernels))('%s', (kernelName) => {
    let met = false;
    fc.assert(
      fc.property(linearKernels[kernelName]!, ({ shape, f }) => {
        tf.tidy(() => {
          const x = randomTensor(1, shape);
          const ran: string[] = [];
          const { runKernel } = tf.engine();
          tf.engine().runKernel = ((name: string, ...rest: never[]) => {
            ran.push(name);
            return runKernel.call(tf.engine(), name, ...(rest as unknown as [tf.NamedTensorMap]));
          }) as typeof runKernel;
          let y: tf.Tensor;
          try {
            y = f(x);
          } finally {
            tf.engine().runKernel = runKernel;
          }
          met ||= ran.includes(kernelName);
          const linear = tf.sub(y, f(tf.zerosLike(x)));
          const dy = randomTensor(2, y.shape);
          const back = tf.grad(f)(x, dy);
          const [[left, size], [right, other]] = [inner(dy, linear), inner(back, x)];
          expect(back.shape).toEqual(x.shape);
          expect(Math.abs(left - right)).toBeLessThanOrEqual(2e-6 * (size + other) + 1e-12);

          const again = tf.grad((dy: tf.Tensor) => tf.grad(f)(x, dy))(dy, x);
          const off = tf.max(tf.abs(tf.sub(again, linear))).dataSync()[0] ?? 0;
          const scale = tf.max(tf.abs(linear)).dataSync()[0] ?? 0;
          expect(linear.size === 0 ? 0 : off).toBeLessThanOrEqual(1e-5 * Math.max(scale, 1));
        });
        checked++;
      }),
      { seed: 6, numRuns: runs },
    );
    expect(met).toBe(true);
  });

  it('hold in every one of the cases', () => {
    expect(Object.keys(linearKernels).length).toBe(53);
    expect(checked).toBe(runs * Object.keys(linearKernels).length);
  });
});
