import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { builds, expectSameAsCpu, randomTensor, startOurs, uniform } from '../../test/backends.ts';
import { expectGradient } from '../../test/finite-differences.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
const seed = fc.integer();
const random = (seed: number, shape: readonly number[]) => (): tf.Tensor => randomTensor(seed, shape);

/** Two shapes that broadcast. */
const broadcast = fc
  .array(fc.record({ size: upTo(3), oneIn: fc.constantFrom('a', 'b', 'none') }), { maxLength: 3 })
  .chain((dims) =>
    fc.record({ dropA: fc.nat(dims.length), dropB: fc.nat(dims.length) }).map(({ dropA, dropB }) => {
      const shape = (side: string): number[] => dims.map((d) => (d.oneIn === side ? 1 : d.size));
      return { a: shape('a').slice(dropB > 0 ? dropA : 0), b: shape('b').slice(dropB) };
    }),
  );

describe.each(builds)('gradients, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('of matMul with batches that broadcast', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ m: upTo(3), n: upTo(3), k: upTo(3), batch: broadcast, ta: fc.boolean(), tb: fc.boolean(), seed }),
        ({ m, n, k, batch, ta, tb, seed }) => {
          const a = random(seed, [...batch.a, ...(ta ? [k, m] : [m, k])]);
          const b = random(seed + 1, [...batch.b, ...(tb ? [n, k] : [k, n])]);
          // The cpu backend pairs the matrices wrongly where both batches broadcast: there it gets them written out.
          const whole = tf.broadcast_util.assertAndGetBroadcastShape(batch.a, batch.b);
          const out = (t: tf.Tensor): tf.Tensor =>
            tf.getBackend() === 'wasm' ? t : tf.broadcastTo(t, [...whole, ...t.shape.slice(-2)]);
          return expectGradient((a, b) => tf.matMul(out(a!), out(b!), ta, tb), [a, b]);
        },
      ),
      { seed: 1, numRuns: 50 },
    ));

  it.each(['maximum', 'minimum', 'squaredDifference'] as const)('of %s with broadcasting', (name) =>
    fc.assert(
      fc.asyncProperty(broadcast, seed, ({ a, b }, seed) => {
        // Values on a grid, apart by more than the step of the differences.
        const grid = (seed: number, shape: readonly number[], shift: number) => (): tf.Tensor =>
          randomTensor(seed, shape).mul(8).floor().div(4).add(shift);
        return expectGradient((a, b) => tf[name](a!, b!), [grid(seed, a, 0), grid(seed + 1, b, 0.125)]);
      }),
      { seed: 2, numRuns: 50 },
    ),
  );

  const cumulative = fc.record({
    ...{ shape: fc.array(upTo(3), { minLength: 1, maxLength: 3 }), exclusive: fc.boolean(), reverse: fc.boolean() },
    ...{ axis: fc.nat(2), seed, zero: fc.boolean() },
  });
  it.each(['cumsum', 'cumprod'] as const)('of %s along any axis', (name) =>
    fc.assert(
      fc.asyncProperty(cumulative, ({ shape, axis, exclusive, reverse, seed, zero }) => {
        const x = (): tf.Tensor => (zero ? randomTensor(seed, shape).mul(2).floor() : randomTensor(seed, shape));
        return expectGradient((x) => tf[name](x!, axis % shape.length, exclusive, reverse), [x]);
      }),
      { seed: 3, numRuns: 50 },
    ),
  );

  it('of gather along any axis, with batch dimensions', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          shape: fc.array(upTo(3), { minLength: 1, maxLength: 4 }),
          axis: fc.nat(3),
          batch: fc.nat(2),
          n: upTo(4),
          seed,
        }),
        async ({ shape, axis: any, batch, n, seed }) => {
          const axis = any % shape.length;
          const batchDims = Math.min(batch, axis);
          const next = uniform(seed);
          const indexShape = [...shape.slice(0, batchDims), n];
          const values = Array.from({ length: tf.util.sizeFromShape(indexShape) }, () =>
            Math.floor(((next() + 1) / 2) * shape[axis]!),
          );
          await expectGradient(
            (x) => tf.gather(x!, tf.tensor(values, indexShape, 'int32'), axis, batchDims),
            [random(seed, shape)],
          );
        },
      ),
      { seed: 4, numRuns: 50 },
    ));

  it('of gatherND and scatterND', async () => {
    const indices = (): tf.Tensor => tf.tensor2d([0, 1, 2, 0, 0, 1], [3, 2], 'int32');
    await expectGradient((x) => tf.gatherND(x!, indices()), [random(1, [3, 2, 2])]);
    await expectGradient((x) => tf.scatterND(indices(), x!, [3, 2, 2]), [random(2, [3, 2])]);
  });

  const range = fc
    .record({
      ...{ size: upTo(6), begin: fc.integer({ min: -7, max: 7 }), end: fc.integer({ min: -7, max: 7 }) },
      ...{ stride: fc.constantFrom(1, 2, 3, -1, -2), masks: fc.nat(3) },
    })
    // tfjs fails for some ranges that select nothing.
    .filter(({ size, begin, end, stride, masks }) => {
      const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
      const clip = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, low), high);
      const first = masks & 1 ? (stride > 0 ? low : high) : clip(begin);
      const last = masks & 2 ? (stride > 0 ? high : low) : clip(end);
      return (last - first) * stride > 0;
    });

  it('of stridedSlice, backwards too', () =>
    fc.assert(
      fc.asyncProperty(fc.array(range, { minLength: 1, maxLength: 3 }), seed, async (ranges, seed) => {
        const mask = (bit: number): number => ranges.reduce((m, r, d) => m | (((r.masks >> bit) & 1) << d), 0);
        const of = <K extends keyof (typeof ranges)[0]>(key: K): number[] => ranges.map((r) => r[key]);
        await expectGradient(
          (x) => tf.stridedSlice(x!, of('begin'), of('end'), of('stride'), mask(0), mask(1)),
          [random(seed, of('size'))],
        );
      }),
      { seed: 5, numRuns: 100 },
    ));

  it('of topk', () =>
    expectGradient((x) => tf.topk(x!, 2).values, [() => tf.tensor2d([3, 1, 2, 5, 4, 6, 9, 7, 8, 0, 1, 2], [4, 3])]));

  it('of depthToSpace', () => expectGradient((x) => tf.depthToSpace(x as tf.Tensor4D, 2), [random(3, [2, 2, 3, 8])]));

  it.each([
    ['ij,jk->ik', [2, 3], [3, 4]],
    ['ij,kj->ki', [2, 3], [4, 3]],
    ['bij,bkj->bik', [2, 3, 2], [2, 4, 2]],
    ['btnh,bsnh->bnts', [2, 3, 2, 2], [2, 2, 2, 2]],
    ['bnts,bsnh->btnh', [2, 2, 3, 2], [2, 2, 2, 2]],
    ['ij,ij->', [2, 3], [2, 3]],
    ['i,j->ji', [2], [3]],
    ['ab,ab->ba', [2, 3], [2, 3]],
  ])('of einsum %s', async (equation, a, b) => {
    await expectSameAsCpu(() => tf.einsum(equation, randomTensor(1, a), randomTensor(2, b)));
    await expectGradient((a, b) => tf.einsum(equation, a!, b!), [random(1, a), random(2, b)]);
  });

  // The cpu backend's einsum is wrong where a subscript is summed that only one term has: there the sums come first.
  it('of einsum with subscripts that only one term has', async () => {
    const outer = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.getBackend() === 'wasm' ? tf.einsum('ij,k->ik', a, b) : tf.mul(a.sum(1, true), b);
    const total = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.getBackend() === 'wasm' ? tf.einsum('abc,bd->', a, b) : tf.sum(tf.mul(a.sum([0, 2]), b.sum(1)));
    await expectGradient((a, b) => outer(a!, b!), [random(1, [2, 3]), random(2, [4])]);
    await expectGradient((a, b) => total(a!, b!), [random(1, [2, 3, 2]), random(2, [3, 2])]);
  });

  it.each([
    ['ij->ji', [2, 3]],
    ['ijk->k', [2, 3, 2]],
    ['ij->', [2, 3]],
    ['kij->jk', [2, 3, 2]],
  ])('of einsum %s', async (equation, a) => {
    await expectSameAsCpu(() => tf.einsum(equation, randomTensor(1, a)));
    await expectGradient((a) => tf.einsum(equation, a!), [random(1, a)]);
  });

  it('of conv2d and depthwiseConv2d with dilation', async () => {
    const [x, filter] = [random(1, [2, 6, 5, 2]), random(2, [2, 3, 2, 2])];
    for (const pad of ['same', 'valid'] as const) {
      await expectGradient(
        (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, pad, 'NHWC', [3, 2]),
        [x, filter],
      );
      await expectGradient(
        (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, pad, 'NHWC', [2, 2]),
        [x, filter],
      );
    }
  });
});
