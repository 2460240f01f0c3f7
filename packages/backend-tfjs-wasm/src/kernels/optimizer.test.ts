import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, on, randomTensor, startOurs } from '../../test/backends.ts';

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] =>
  [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];
const sized = fc.record({ n: fc.integer({ min: 0, max: 200 }), seed: fc.integer() });

/** Runs a kernel on random vectors, and compares each result with a function of one element, in float64. */
async function expectElements(
  name: string,
  { n, seed }: { readonly n: number; readonly seed: number },
  inputs: readonly string[],
  attrs: object,
  reference: (...inputs: number[]) => readonly number[],
): Promise<void> {
  const vectors = (): tf.Tensor[] => inputs.map((_, i) => randomTensor(seed + i, [n]));
  const points = (await on('cpu', vectors)).map(({ values }) => values);
  const actual = await on('wasm', () =>
    run(
      name,
      Object.fromEntries(vectors().map((v, i) => [inputs[i]!, /^(v|greatest|sum)$/.test(inputs[i]!) ? v.abs() : v])),
      attrs,
    ),
  );
  for (let i = 0; i < n; i++) {
    const at = inputs.map((input, j) => (/^(v|greatest|sum)$/.test(input) ? Math.abs(points[j]![i]!) : points[j]![i]!));
    reference(...at).forEach((e, j) => {
      const a = actual[j]!.values[i]!;
      if (!(Math.abs(a - e) <= 1e-5 * Math.max(Math.abs(e), 0.1)))
        throw new Error(`${name} ${j} [${i}] is ${a}, expected ${e}`);
    });
  }
}

describe.each(builds)('kernels of optimisers, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('axpy', () =>
    fc.assert(
      fc.asyncProperty(sized, fc.float({ min: -2, max: 2, noNaN: true }), (s, step) =>
        expectElements('OverparamAxpy', s, ['x', 'd'], { step }, (x, d) => [x! + step * d!]),
      ),
      { seed: 1, numRuns: 30 },
    ));

  it('dots, summed in float64', () =>
    fc.assert(
      fc.asyncProperty(sized, async ({ n, seed }) => {
        const [g, d] = (await on('cpu', () => [randomTensor(seed, [n]), randomTensor(seed + 1, [n])])).map(
          (t) => t.values,
        );
        const [{ values }] = (await on('wasm', () =>
          run('OverparamDots', { g: randomTensor(seed, [n]), d: randomTensor(seed + 1, [n]) }),
        )) as unknown as [{ values: ArrayLike<number> }];
        let [slope, square] = [0, 0];
        for (let i = 0; i < n; i++) {
          slope += g![i]! * d![i]!;
          square += g![i]! ** 2;
        }
        expect(Math.abs(values[0]! + values[1]! - slope)).toBeLessThanOrEqual(1e-13 * Math.max(n, 1));
        expect(Math.abs(values[2]! + values[3]! - square)).toBeLessThanOrEqual(1e-13 * Math.max(n, 1));
      }),
      { seed: 2, numRuns: 30 },
    ));

  it('dots keeps what float32 would lose, and infinities', async () => {
    const [small, large] = await on('wasm', () => {
      const g = tf.concat([tf.tensor1d([4096]), tf.fill([1000], 2 ** -9)]);
      const huge = tf.fill([4], 3e38);
      return [...run('OverparamDots', { g, d: g }), ...run('OverparamDots', { g: huge, d: huge.neg() })];
    });
    expect(small!.values[0]! + small!.values[1]!).toBe(4096 ** 2 + 1000 * 2 ** -18);
    expect([...(large!.values as Float32Array)]).toEqual([-Infinity, 0, Infinity, 0]);
  });

  it('momentum, and Nesterov’s', () =>
    fc.assert(
      fc.asyncProperty(sized, fc.boolean(), (s, useNesterov) =>
        expectElements('OverparamMomentum', s, ['velocity', 'g'], { momentum: 0.9, useNesterov }, (velocity, g) => {
          const v = 0.9 * velocity! + g!;
          return [v, useNesterov ? -(g! + 0.9 * v) : -v];
        }),
      ),
      { seed: 3, numRuns: 30 },
    ));

  it('Adam, and AMSGrad', () =>
    fc.assert(
      fc.asyncProperty(sized, fc.integer({ min: 1, max: 50 }), fc.boolean(), (s, step, amsgrad) => {
        const [beta1, beta2, epsilon] = [0.9, 0.99, 1e-3];
        const inputs = ['m', 'v', 'g', ...(amsgrad ? ['greatest'] : [])];
        return expectElements('OverparamAdam', s, inputs, { beta1, beta2, epsilon, step }, (m, v, g, greatest) => {
          const [m1, v1] = [beta1 * m! + (1 - beta1) * g!, beta2 * v! + (1 - beta2) * g! ** 2];
          const top = amsgrad ? Math.max(v1, greatest!) : v1;
          const d = -(m1 / (1 - beta1 ** step)) / (Math.sqrt(top / (1 - beta2 ** step)) + epsilon);
          return amsgrad ? [m1, v1, top, d] : [m1, v1, d];
        });
      }),
      { seed: 4, numRuns: 30 },
    ));

  it('Adagrad', () =>
    fc.assert(
      fc.asyncProperty(sized, (s) =>
        expectElements('OverparamAdagrad', s, ['sum', 'g'], { epsilon: 1e-2 }, (sum, g) => {
          const total = sum! + g! ** 2;
          return [total, -g! / (Math.sqrt(total) + 1e-2)];
        }),
      ),
      { seed: 5, numRuns: 30 },
    ));
});
