import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { builds, expectSameAsCpu, randomTensor, startOurs } from '../../test/backends.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
const channels = fc.oneof(upTo(6), fc.constantFrom(8, 16, 20, 35));
const seed = fc.integer();

/** Strides or dilations, not both. */
const steps = (rank: 2 | 3) =>
  fc
    .record({
      by: fc.constantFrom('strides', 'dilations'),
      size: fc.array(upTo(3), { minLength: rank, maxLength: rank }),
    })
    .map(({ by, size }) => ({
      strides: by === 'strides' ? size : size.map(() => 1),
      dilations: by === 'dilations' ? size : size.map(() => 1),
    }));

const pad2d = fc.oneof(
  fc.constantFrom('valid' as const, 'same' as const, 0, 1, 2),
  fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }).map(
    ([t, b, l, r]) =>
      [
        [0, 0],
        [t!, b!],
        [l!, r!],
        [0, 0],
      ] as tf.backend_util.ExplicitPadding,
  ),
);

const conv2d = fc
  .record({
    ...{ batch: upTo(3), height: upTo(12), width: upTo(12), channels, kh: upTo(5), kw: upTo(5), outChannels: channels },
    ...{ steps: steps(2), pad: pad2d, seed },
  })
  .map(({ batch, height, width, channels, kh, kw, outChannels, steps, pad, seed }) => {
    const filterShape = [kh, kw, channels, outChannels] as [number, number, number, number];
    const attrs = { ...steps, pad, dataFormat: 'NHWC', dimRoundingMode: 'floor' as const };
    // Large enough that the window fits in.
    const inShape = [
      batch,
      ...[Math.max(height, (kh - 1) * steps.dilations[0]! + 1), Math.max(width, (kw - 1) * steps.dilations[1]! + 1)],
      channels,
    ] as [number, number, number, number];
    const { outShape } = tf.backend_util.computeConv2DInfo(
      ...([inShape, filterShape, steps.strides as [number, number], steps.dilations as [number, number]] as const),
      ...([pad, typeof pad === 'string' ? undefined : 'floor'] as const),
    );
    if (typeof pad === 'string') delete (attrs as { dimRoundingMode?: string }).dimRoundingMode;
    return { inShape, filterShape, outShape, attrs, seed };
  })
  // tfjs takes a number as padding for the same in both directions, and the kernel for square.
  .filter(({ outShape }) => outShape.every((size) => size > 0));

const conv3d = fc
  .record({
    ...{
      batch: upTo(2),
      size: fc.array(upTo(6), { minLength: 3, maxLength: 3 }),
      channels: upTo(5),
      outChannels: upTo(9),
    },
    ...{
      kernel: fc.array(upTo(3), { minLength: 3, maxLength: 3 }),
      strides: fc.array(upTo(3), { minLength: 3, maxLength: 3 }),
    },
    ...{ pad: fc.constantFrom('valid' as const, 'same' as const), seed },
  })
  .map(({ batch, size, channels, outChannels, kernel, strides, pad, seed }) => {
    type Shape5 = [number, number, number, number, number];
    const inShape = [batch, ...size.map((s, d) => Math.max(s, kernel[d]!)), channels] as Shape5;
    const filterShape = [...kernel, channels, outChannels] as Shape5;
    const info = tf.backend_util.computeConv3DInfo(inShape, filterShape, strides as [number, number, number], 1, pad);
    return { inShape, filterShape, outShape: info.outShape, attrs: { strides, dilations: 1, pad }, seed };
  });

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);

describe.each(builds)('convolution, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('2-d equals the cpu backend for all sizes, strides, dilations and paddings', () =>
    fc.assert(
      fc.asyncProperty(conv2d, ({ inShape, filterShape, attrs, seed }) =>
        expectSameAsCpu(() =>
          run('Conv2D', { x: randomTensor(seed, inShape), filter: randomTensor(seed + 1, filterShape) }, attrs),
        ),
      ),
      { seed: 1, numRuns: 150 },
    ));

  it('2-d with bias and activation equals the cpu backend', () =>
    fc.assert(
      fc.asyncProperty(
        conv2d,
        fc.constantFrom('linear', 'relu', 'relu6', 'prelu', 'leakyrelu', 'sigmoid', 'elu'),
        fc.boolean(),
        ({ inShape, filterShape, outShape, attrs, seed }, activation, withBias) =>
          expectSameAsCpu(() =>
            run(
              'FusedConv2D',
              {
                ...{ x: randomTensor(seed, inShape), filter: randomTensor(seed + 1, filterShape) },
                ...(withBias ? { bias: randomTensor(seed + 2, [filterShape[3]]) } : {}),
                ...(activation === 'prelu'
                  ? { preluActivationWeights: randomTensor(seed + 3, [1, 1, outShape[3]]) }
                  : {}),
              },
              { ...attrs, activation, leakyreluAlpha: 0.1 },
            ),
          ),
      ),
      { seed: 2, numRuns: 100 },
    ));

  it('2-d gradients equal the cpu backend’s', () =>
    fc.assert(
      fc.asyncProperty(
        conv2d.filter(({ attrs }) => attrs.dilations.every((d) => d === 1)),
        ({ inShape, filterShape, outShape, attrs, seed }) =>
          expectSameAsCpu(() => {
            const dy = randomTensor(seed, outShape);
            return [
              run('Conv2DBackpropFilter', { x: randomTensor(seed + 1, inShape), dy }, { ...attrs, filterShape }),
              run(
                'Conv2DBackpropInput',
                { dy, filter: randomTensor(seed + 2, filterShape) },
                { ...attrs, inputShape: inShape },
              ),
            ];
          }),
      ),
      { seed: 3, numRuns: 150 },
    ));

  it('3-d and its gradients equal the cpu backend’s', () =>
    fc.assert(
      fc.asyncProperty(conv3d, ({ inShape, filterShape, outShape, attrs, seed }) =>
        expectSameAsCpu(() => {
          const [x, filter, dy] = [inShape, filterShape, outShape].map((shape, i) => randomTensor(seed + i, shape));
          return [
            run('Conv3D', { x: x!, filter: filter! }, attrs),
            run('Conv3DBackpropFilterV2', { x: x!, dy: dy! }, { ...attrs, filterShape }),
            run('Conv3DBackpropInputV2', { dy: dy!, filter: filter! }, { ...attrs, inputShape: inShape }),
          ];
        }),
      ),
      { seed: 4, numRuns: 100 },
    ));

  it.each([
    [
      [1, 17, 17, 30],
      [3, 3, 30, 9],
    ],
    [
      [1, 4, 4, 3],
      [3, 3, 3, 270],
    ],
    [
      [1, 40, 40, 1],
      [1, 1, 1, 1],
    ],
  ])('is right beyond the size of a block: %j by %j', (inShape, filterShape) =>
    expectSameAsCpu(() => {
      const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
      const x = randomTensor(1, inShape);
      const filter = randomTensor(2, filterShape);
      const y = run('Conv2D', { x, filter }, attrs);
      return [
        y,
        run('Conv2DBackpropFilter', { x, dy: y }, { ...attrs, filterShape }),
        run('Conv2DBackpropInput', { dy: y, filter }, { ...attrs, inputShape: inShape }),
      ];
    }),
  );

  it('takes empty batches', () =>
    expectSameAsCpu(() => {
      const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
      const x = tf.zeros([0, 4, 4, 2]);
      const filter = tf.ones([3, 3, 2, 5]);
      const dy = tf.zeros([0, 4, 4, 5]);
      return [
        run('Conv2D', { x, filter }, attrs),
        run('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape }),
        run('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape }),
      ];
    }));
});
