import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, on, randomTensor, startOurs } from '../../test/backends.ts';

const seed = fc.integer();
const size = fc.integer({ min: 0, max: 70 });
const special = [NaN, Infinity, -Infinity, 0, -0, 1e-40, 1e-30, -1e-30, 3e38, -3e38, 88, -88, 104, -104, 1, -1, 0.5];

const functions: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  ...{ exp: tf.exp, expm1: tf.expm1, log: tf.log, log1p: tf.log1p, sigmoid: tf.sigmoid, tanh: tf.tanh },
  ...{ elu: tf.elu, selu: tf.selu, sqrt: tf.sqrt, rsqrt: tf.rsqrt, reciprocal: tf.reciprocal },
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  step: (x) => tf.step(x, 0.25),
  ...{ relu: tf.relu, relu6: tf.relu6, neg: tf.neg, abs: tf.abs, square: tf.square },
  'power of 2': (x) => tf.pow(x, 2),
  cube: (x) => tf.pow(x, 3),
};

/** The cpu backend takes e^x - 1, which cancels. */
const exact: Readonly<Record<string, (x: number) => number>> = {
  elu: (x) => (x >= 0 ? x : Math.expm1(x)),
  selu: (x) => (x >= 0 ? 1.0507009873554805 * x : 1.7580993408473766 * Math.expm1(x)),
};

describe.each(builds)('functions of one number, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries(functions))('%s equals Math on the cpu backend, value by value', (_name, f) =>
    fc.assert(
      fc.asyncProperty(size, fc.constantFrom(1e-4, 1, 30), seed, async (n, scale, seed) => {
        const x = (): tf.Tensor => randomTensor(seed, [n]).mul(scale);
        const [[expected], [actual]] = [await on('cpu', () => f(x())), await on('wasm', () => f(x()))];
        for (let i = 0; i < n; i++) {
          const [e, a] = [expected!.values[i]!, actual!.values[i]!];
          if (Number.isNaN(e) ? !Number.isNaN(a) : Math.abs(a - e) > 1e-6 * Math.abs(e) + 1e-37)
            throw new Error(`value ${i} is ${a}, expected ${e}`);
        }
      }),
      { seed: 1, numRuns: 30 },
    ),
  );

  it.each(Object.entries(functions))('%s takes NaN, infinities, zeros and the bounds of float32', async (name, f) => {
    const x = (): tf.Tensor => tf.tensor1d(special);
    const [[expected], [actual]] = [await on('cpu', () => f(x())), await on('wasm', () => f(x()))];
    const reference = exact[name];
    if (reference) expected!.values = Float32Array.from(special, reference);
    special.forEach((value, i) => {
      const [e, a] = [expected!.values[i]!, actual!.values[i]!];
      // 1e-37: results below the normal numbers may be 0.
      const same = Number.isFinite(e) ? Math.abs(a - e) <= 2e-6 * Math.abs(e) + 1.2e-38 : Object.is(a, e);
      expect(same, `f(${value}) is ${a}, expected ${e}`).toBe(true);
    });
  });

  it('softplus is log(1 + e^x), and erf has 6 digits', async () => {
    const points = [-120, -80, -20, -3, -1, -0.999, -0.1, -1e-6, 0, 1e-6, 0.5, 0.999, 1, 2, 3, 10, 50, 100];
    const [softplus] = await on('wasm', () => tf.softplus(tf.tensor1d(points)));
    points.forEach((x, i) =>
      expect(softplus!.values[i]).toBeCloseTo(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 5),
    );
    // Digits from tables.
    const erf: readonly (readonly [number, number])[] = [
      ...([
        [0, 0],
        [0.1, 0.112462916],
        [0.5, 0.5204998778],
        [0.9, 0.7969082124],
        [1, 0.8427007929],
      ] as const),
      ...([
        [1.5, 0.9661051465],
        [2, 0.995322265],
        [3, 0.9999779095],
        [-0.5, -0.5204998778],
        [-2, -0.995322265],
      ] as const),
      ...([
        [Infinity, 1],
        [-Infinity, -1],
        [1e-6, 1.1283791671e-6],
      ] as const),
    ];
    const [values] = await on('wasm', () => tf.erf(tf.tensor1d(erf.map(([x]) => x))));
    erf.forEach(([, y], i) => expect(Math.abs(values!.values[i]! - y)).toBeLessThanOrEqual(1e-6 * Math.abs(y)));
  });
});

/** Two shapes that broadcast. */
const broadcast = fc
  .array(fc.record({ size: fc.constantFrom(1, 2, 3, 5, 17, 20), oneIn: fc.constantFrom('a', 'b', 'none') }), {
    maxLength: 4,
  })
  .chain((dims) =>
    fc.record({ drop: fc.nat(dims.length), from: fc.constantFrom('a', 'b') }).map(({ drop, from }) => {
      const shape = (side: string): number[] => dims.map((d) => (d.oneIn === side ? 1 : d.size));
      return { a: shape('a').slice(from === 'a' ? drop : 0), b: shape('b').slice(from === 'b' ? drop : 0) };
    }),
  )
  .filter(({ a, b }) => [...a, ...b].reduce((p, q) => p * q, 1) < 100_000);

const binary = {
  ...{ add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, maximum: tf.maximum, minimum: tf.minimum },
  ...{ squaredDifference: tf.squaredDifference, equal: tf.equal, notEqual: tf.notEqual, less: tf.less },
  ...{ lessEqual: tf.lessEqual, greater: tf.greater, greaterEqual: tf.greaterEqual },
};

describe.each(builds)('functions of two numbers, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries(binary))('%s equals the cpu backend, with broadcasting', (_name, f) =>
    fc.assert(
      fc.asyncProperty(broadcast, seed, ({ a, b }, seed) =>
        // On a grid, so that equal values occur.
        expectSameAsCpu(() =>
          f(
            randomTensor(seed, a).mul(3).round(),
            randomTensor(seed + 1, b)
              .mul(3)
              .round(),
          ),
        ),
      ),
      { seed: 2, numRuns: 40 },
    ),
  );

  it.each(Object.entries(binary))('%s equals the cpu backend where a short row meets many', (_name, f) =>
    fc.assert(
      fc.asyncProperty(
        ...[fc.constantFrom(1, 3), fc.constantFrom(7, 8, 43, 300), fc.integer({ min: 2, max: 34 })],
        ...[fc.boolean(), fc.boolean(), seed],
        (outer, rows, n, oneForAll, swap, seed) =>
          expectSameAsCpu(() => {
            const [many, one] = [
              randomTensor(seed, [outer, rows, n]),
              randomTensor(seed + 1, oneForAll ? [n] : [outer, 1, n]),
            ].map((t) => t.mul(3).round()) as [tf.Tensor, tf.Tensor];
            return swap ? f(one, many) : f(many, one);
          }),
      ),
      { seed: 4, numRuns: 30 },
    ),
  );

  it.each(Object.entries(binary))('%s takes NaN, infinities and zeros, and integers', async (_name, f) => {
    const [a, b] = [[...special], [...special]].map(
      (v, axis) => () => tf.tensor(v, axis === 0 ? [v.length, 1] : [1, v.length]),
    );
    await expectSameAsCpu(() => f(a!(), b!()), 1e-6);
    await expectSameAsCpu(() => f(tf.tensor1d([7, 8, 9], 'int32'), tf.tensor1d([8, 8, 3], 'int32')));
  });

  it('prelu, the gradient of elu, and where equal the cpu backend', () =>
    fc.assert(
      fc.asyncProperty(broadcast, seed, async ({ a, b }, seed) => {
        const shape = tf.broadcast_util.assertAndGetBroadcastShape(a, b);
        await expectSameAsCpu(() => {
          const [x, y] = [randomTensor(seed, shape), randomTensor(seed + 1, shape)];
          return [
            tf.prelu(x, randomTensor(seed + 2, b)),
            tf.engine().runKernel('EluGrad', { dy: x, y }) as tf.Tensor,
            tf.where(tf.greater(x, 0), x, y),
            tf.where(tf.greater(x, 0), x.cast('int32'), y.cast('int32')),
          ];
        });
      }),
      { seed: 3, numRuns: 40 },
    ));
});

describe.each(builds)('logic, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries({ and: tf.logicalAnd, or: tf.logicalOr, xor: tf.logicalXor }))(
    '%s equals the cpu backend',
    (_name, f) =>
      fc.assert(
        fc.asyncProperty(size, seed, (n, seed) =>
          expectSameAsCpu(() => f(tf.greater(randomTensor(seed, [n]), 0), tf.greater(randomTensor(seed + 1, [n]), 0))),
        ),
        { seed: 5, numRuns: 20 },
      ),
  );
});

describe.each(builds)('reductions, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries({ sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min }))(
    '%s over any axes equals the cpu backend',
    (_name, f) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(1, 2, 3, 5, 16, 37), { maxLength: 4 }),
          fc.array(fc.nat(3), { maxLength: 4 }),
          fc.boolean(),
          fc.constantFrom('float32' as const, 'int32' as const),
          seed,
          (shape, some, keepDims, dtype, seed) => {
            const axes = [...new Set(some)].filter((axis) => axis < shape.length);
            return expectSameAsCpu(() =>
              f(randomTensor(seed, shape).mul(9).cast(dtype), axes.length > 0 ? axes : undefined, keepDims),
            );
          },
        ),
        { seed: 4, numRuns: 60 },
      ),
  );

  it('sums a million numbers of one sign to 6 digits, along rows and along columns', async () => {
    const next = (i: number): number => 0.1 + (i % 7) * 0.01;
    const values = Float32Array.from({ length: 1 << 20 }, (_, i) => next(i));
    const exact = values.reduce((sum, v) => sum + v, 0);
    const [rows, columns] = await on('wasm', () => [
      tf.sum(tf.tensor1d(values)),
      tf.sum(tf.sum(tf.tensor2d(values, [1 << 18, 4]), 0)),
    ]);
    expect(Math.abs(rows!.values[0]! / exact - 1)).toBeLessThan(1e-6);
    expect(Math.abs(columns!.values[0]! / exact - 1)).toBeLessThan(1e-5);
  });

  it('carries NaN and infinities, and takes no numbers at all', async () => {
    await expectSameAsCpu(() =>
      [tf.sum, tf.mean, tf.max, tf.min].flatMap((f) => [
        f(tf.tensor2d([1, NaN, 2, 3, -Infinity, 4, 5, Infinity, 6], [3, 3]), 0),
        f(tf.tensor2d([1, NaN, 2, 3, -Infinity, 4, 5, Infinity, 6], [3, 3]), 1),
      ]),
    );
    const [sum, max] = await on('wasm', () => [tf.sum(tf.zeros([0])), tf.max(tf.zeros([2, 0]), 1)]);
    expect([...(sum!.values as Float32Array)]).toEqual([0]);
    expect([...(max!.values as Float32Array)]).toEqual([-Infinity, -Infinity]);
  });
});
