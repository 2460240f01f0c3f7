import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { builds, expectClose, expectSameAsCpu, on, randomTensor, startOurs } from '../../test/backends.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
type Shape4 = [number, number, number, number];

const depthwise = fc
  .record({
    ...{
      batch: upTo(3),
      height: upTo(9),
      width: upTo(9),
      channels: fc.constantFrom(1, 2, 3, 4, 5, 8, 19),
      filters: upTo(3),
    },
    ...{ kh: upTo(4), kw: upTo(4), by: fc.constantFrom('strides', 'dilations'), step: fc.tuple(upTo(3), upTo(3)) },
    ...{ pad: fc.constantFrom('valid' as const, 'same' as const), seed: fc.integer() },
  })
  .map(({ batch, height, width, channels, filters, kh, kw, by, step, pad, seed }) => {
    const [strides, dilations] = by === 'strides' ? [step, [1, 1]] : [[1, 1], step];
    const inShape = [
      ...[batch, Math.max(height, (kh - 1) * dilations[0]! + 1), Math.max(width, (kw - 1) * dilations[1]! + 1)],
      channels,
    ] as Shape4;
    const filterShape = [kh, kw, channels, filters] as Shape4;
    const attrs = { strides, dilations: dilations as [number, number], pad };
    const { outShape } = tf.backend_util.computeConv2DInfo(
      ...([inShape, filterShape, strides as [number, number], dilations as [number, number], pad] as const),
      ...([undefined, true] as const),
    );
    return { inShape, filterShape, outShape, attrs, seed };
  });

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);

/** The filter with its dilation written out as zeros. */
function dilated(filter: tf.Tensor, [dh, dw]: readonly [number, number]): tf.Tensor {
  const [kh, kw, c, m] = filter.shape as Shape4;
  return filter
    .reshape([kh, 1, kw, c * m])
    .pad([
      [0, 0],
      [0, dh - 1],
      [0, 0],
      [0, 0],
    ])
    .reshape([kh * dh, kw, 1, c * m])
    .pad([
      [0, 0],
      [0, 0],
      [0, dw - 1],
      [0, 0],
    ])
    .reshape([kh * dh, kw * dw, c, m])
    .slice([0, 0, 0, 0], [(kh - 1) * dh + 1, (kw - 1) * dw + 1, c, m]);
}

describe.each(builds)('depthwise convolution, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it('equals the cpu backend, with bias and activation', () =>
    fc.assert(
      fc.asyncProperty(
        depthwise,
        fc.constantFrom('linear', 'relu', 'prelu', 'sigmoid'),
        ({ inShape, filterShape, outShape, attrs, seed }, activation) =>
          expectSameAsCpu(() => {
            const x = randomTensor(seed, inShape);
            const filter = randomTensor(seed + 1, filterShape);
            const bias = randomTensor(seed + 2, [outShape[3]]);
            const preluActivationWeights = randomTensor(seed + 3, [1, 1, outShape[3]]);
            return [
              run('DepthwiseConv2dNative', { x, filter }, attrs),
              run('FusedDepthwiseConv2D', { x, filter, bias, preluActivationWeights }, { ...attrs, activation }),
            ];
          }),
      ),
      { seed: 1, numRuns: 100 },
    ));

  // The cpu backend's own gradients pass over the dilation.
  it('has the gradients that the cpu backend has for the filter with its dilation written out', () =>
    fc.assert(
      fc.asyncProperty(depthwise, async ({ inShape, filterShape, outShape, attrs, seed }) => {
        const { dilations } = attrs;
        const [x, filter, dy] = [
          () => randomTensor(seed, inShape),
          () => randomTensor(seed + 1, filterShape),
          () => randomTensor(seed + 2, outShape),
        ];
        const expected = await on('cpu', () => {
          const wide = dilated(filter(), dilations);
          const plain = { ...attrs, dilations: [1, 1] };
          return [
            run(
              'DepthwiseConv2dNativeBackpropFilter',
              { x: x(), dy: dy() },
              { ...plain, filterShape: wide.shape },
            ).stridedSlice(...([[0, 0, 0, 0], wide.shape, [...dilations, 1, 1]] as [number[], number[], number[]])),
            run('DepthwiseConv2dNativeBackpropInput', { dy: dy(), filter: wide }, { ...plain, inputShape: inShape }),
          ];
        });
        const actual = await on('wasm', () => [
          run('DepthwiseConv2dNativeBackpropFilter', { x: x(), dy: dy() }, { ...attrs, filterShape }),
          run('DepthwiseConv2dNativeBackpropInput', { dy: dy(), filter: filter() }, { ...attrs, inputShape: inShape }),
        ]);
        expectClose(actual, expected);
      }),
      { seed: 2, numRuns: 100 },
    ));
});
