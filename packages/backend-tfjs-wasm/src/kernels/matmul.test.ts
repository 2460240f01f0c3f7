import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectClose, expectSameAsCpu, on, randomTensor, startOurs, uniform } from '../../test/backends.ts';

const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1, 4, 5, 8, 40, 48, 49, 121, 257));
const broadcastBatch = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 3 }), oneIn: fc.constantFrom('a', 'b', 'none') }), {
    maxLength: 2,
  })
  .map((dims) => ({
    a: dims.map((d) => (d.oneIn === 'a' ? 1 : d.size)),
    b: dims.map((d) => (d.oneIn === 'b' ? 1 : d.size)),
  }));
const seed = fc.integer();

describe.each(builds)('matMul, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('equals the cpu backend for all sizes, transposes and broadcast batches', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ m: size, n: size, k: size, batch: broadcastBatch, ta: fc.boolean(), tb: fc.boolean(), seed }),
        async ({ m, n, k, batch, ta, tb, seed }) => {
          const a = (): tf.Tensor => randomTensor(seed, [...batch.a, ...(ta ? [k, m] : [m, k])]);
          const b = (): tf.Tensor => randomTensor(seed + 1, [...batch.b, ...(tb ? [n, k] : [k, n])]);
          // The cpu backend pairs the matrices wrongly where both batches broadcast: there it gets them written out.
          const out = tf.broadcast_util.assertAndGetBroadcastShape(batch.a, batch.b);
          const whole = (t: tf.Tensor): tf.Tensor => tf.broadcastTo(t, [...out, ...t.shape.slice(-2)]);
          const expected = await on('cpu', () => tf.matMul(whole(a()), whole(b()), ta, tb));
          expectClose(await on('wasm', () => tf.matMul(a(), b(), ta, tb)), expected);
        },
      ),
      { seed: 1, numRuns: 150 },
    ));

  it('fuses bias and activation', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          ...{
            m: size,
            n: size,
            k: size,
            batch: fc.integer({ min: 1, max: 3 }),
            ta: fc.boolean(),
            tb: fc.boolean(),
            seed,
          },
          activation: fc.constantFrom('linear', 'relu', 'relu6', 'prelu', 'leakyrelu', 'sigmoid', 'elu'),
          bias: fc.constantFrom('none', 'column', 'scalar', 'whole'),
          slopes: fc.constantFrom('column', 'scalar', 'whole'),
        }),
        async ({ m, n, k, batch, ta, tb, seed, activation, bias, slopes }) => {
          const shape = { column: [n], scalar: [1], whole: [batch, m, n] };
          await expectSameAsCpu(() => {
            const a = randomTensor(seed, [batch, ...(ta ? [k, m] : [m, k])]);
            const b = randomTensor(seed + 1, [batch, ...(tb ? [n, k] : [k, n])]);
            return tf.fused.matMul({
              ...{ a: a.mul(3) as tf.Tensor3D, b: b as tf.Tensor3D, transposeA: ta, transposeB: tb },
              activation: activation as 'relu',
              leakyreluAlpha: 0.3,
              ...(bias === 'none' ? {} : { bias: randomTensor(seed + 2, shape[bias as 'column']) }),
              ...(activation === 'prelu'
                ? { preluActivationWeights: randomTensor(seed + 3, shape[slopes as 'column']) }
                : {}),
            });
          });
        },
      ),
      { seed: 2, numRuns: 150 },
    ));

  it.each([
    [3000, 2, 3],
    [2, 3000, 3],
    [3, 2, 3000],
    [1, 2500, 1],
    [130, 1030, 300],
  ])('is right for [%i, %i, %i]', (m, n, k) =>
    expectSameAsCpu(() => tf.matMul(randomTensor(1, [m, k]), randomTensor(2, [k, n]))),
  );

  it('takes empty matrices', async () => {
    const empty = await on('wasm', () => [
      tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])),
      tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])),
      tf.matMul(tf.zeros([2, 3]), tf.zeros([3, 0])),
      tf.matMul(tf.zeros([0, 2, 3]), tf.zeros([0, 3, 2])),
    ]);
    expect(empty.map((t) => [t.shape, [...(t.values as Float32Array)]])).toEqual([
      [[0, 2], []],
      [
        [2, 3],
        [0, 0, 0, 0, 0, 0],
      ],
      [[2, 0], []],
      [[0, 2, 2], []],
    ]);
  });

  it('carries NaN and infinities as IEEE 754 says', () =>
    fc.assert(
      fc.asyncProperty(fc.record({ m: size, n: size, k: size, seed }), async ({ m, n, k, seed }) => {
        const next = uniform(seed);
        const special = Float32Array.from(
          { length: m * k },
          () => [NaN, Infinity, -Infinity, 1, 0][Math.floor(2.5 * (next() + 1))]!,
        );
        await expectSameAsCpu(() => tf.matMul(tf.tensor2d(special, [m, k]), tf.ones([k, n])));
      }),
      { seed: 3, numRuns: 30 },
    ));

  it('multiplies integers', () =>
    expectSameAsCpu(() =>
      tf.matMul(
        tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32'),
        tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32'),
        false,
        true,
      ),
    ));

  it('names the inner sizes that differ', () => {
    expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([2, 3]))).toThrow(/3.*2/);
  });
});
