// Shapes, axes and indices that cannot be: an error that names them, before anything is written.
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectSameAsCpu, startOurs } from '../../test/backends.ts';

const ones = (...shape: number[]): never => tf.ones(shape) as never;
const ints = (values: number[], shape: number[] = [values.length]): never => tf.tensor(values, shape, 'int32') as never;
const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);

const refused: Readonly<Record<string, readonly [code: string, message: RegExp, run: () => unknown]>> = {
  'conv1d, a filter longer than the line': [
    ...(['BAD_SHAPE', /window of 1 x 5 .* image of 1 x 3 /] as const),
    () => tf.conv1d(ones(2, 3, 2), ones(5, 2, 3), 1, 'valid'),
  ],
  'conv2d, a filter larger than the image in one direction': [
    ...(['BAD_SHAPE', /window of 5 x 5 .* image of 3 x 9 .*\[2, 3, 9, 2\]/] as const),
    () => tf.conv2d(ones(2, 3, 9, 2), ones(5, 5, 2, 3), 1, 'valid'),
  ],
  'conv2d, a filter larger than the image in both': [
    ...(['BAD_SHAPE', /window of 5 x 5 .* image of 3 x 3 /] as const),
    () => tf.conv2d(ones(2, 3, 3, 3), ones(5, 5, 3, 4), 1, 'valid'),
  ],
  'conv2d, larger by one': [
    ...(['BAD_SHAPE', /window of 4 x 4 /] as const),
    () => tf.conv2d(ones(1, 3, 3, 1), ones(4, 4, 1, 1), 1, 'valid'),
  ],
  'conv2d, with strides': [
    ...(['BAD_SHAPE', /window of 5 x 5 /] as const),
    () => tf.conv2d(ones(1, 3, 3, 1), ones(5, 5, 1, 1), 3, 'valid'),
  ],
  'conv2d, a filter larger by its dilation': [
    ...(['BAD_SHAPE', /window of 7 x 7 /] as const),
    () => tf.conv2d(ones(1, 6, 6, 1), ones(3, 3, 1, 1), 1, 'valid', 'NHWC', 3),
  ],
  'conv2d, larger than the padded image': [
    ...(['BAD_SHAPE', /window of 6 x 6 .* image of 5 x 5 /] as const),
    () => tf.conv2d(ones(1, 3, 3, 1), ones(6, 6, 1, 1), 1, 1, 'NHWC', 1, 'floor'),
  ],
  'conv2d of channels first': [
    ...(['BAD_SHAPE', /window of 5 x 5 /] as const),
    () => tf.conv2d(ones(1, 1, 3, 3), ones(5, 5, 1, 1), 1, 'valid', 'NCHW'),
  ],
  'fused conv2d': [
    ...(['BAD_SHAPE', /window of 5 x 5 /] as const),
    () => tf.fused.conv2d({ x: ones(1, 3, 3, 1), filter: ones(5, 5, 1, 1), strides: 1, pad: 'valid', activation: 'relu' }), // prettier-ignore
  ],
  conv3d: [
    ...(['BAD_SHAPE', /window of 5 x 5 x 5 .* image of 8 x 8 x 3 /] as const),
    () => tf.conv3d(ones(2, 8, 8, 3, 3), ones(5, 5, 5, 3, 4), 1, 'valid'),
  ],
  depthwiseConv2d: [
    ...(['BAD_SHAPE', /window of 5 x 5 .* image of 8 x 3 /] as const),
    () => tf.depthwiseConv2d(ones(2, 8, 3, 3), ones(5, 5, 3, 1), 1, 'valid'),
  ],
  maxPool: [
    ...(['BAD_SHAPE', /window of 5 x 5 .* image of 8 x 3 /] as const),
    () => tf.maxPool(ones(2, 8, 3, 3), 5, 1, 'valid'),
  ],
  avgPool: [
    ...(['BAD_SHAPE', /window of 5 x 5 .* image of 2 x 2 /] as const),
    () => tf.avgPool(ones(2, 2, 2, 3), 5, 1, 'valid'),
  ],
  dilation2d: [
    ...(['BAD_SHAPE', /window of 5 x 5 /] as const),
    () => tf.dilation2d(ones(1, 3, 3, 1), ones(5, 5, 1), 1, 'valid'),
  ],
  'the gradient of a pool, dy of another shape': [
    ...(['BAD_SHAPE', /dy has shape \[1, 3, 3, 1\], but the output has \[1, 2, 2, 1\]/] as const),
    () => run('MaxPoolGrad', { dy: ones(1, 3, 3, 1), input: ones(1, 4, 4, 1), output: ones(1, 2, 2, 1) }, { filterSize: 2, strides: 2, pad: 'valid' }), // prettier-ignore
  ],
  'the gradient of a convolution, dy of another shape': [
    ...(['BAD_SHAPE', /dy has shape/] as const),
    () => run('Conv2DBackpropFilter', { x: ones(1, 4, 4, 1), dy: ones(1, 4, 4, 1) }, { strides: 1, pad: 'valid', filterShape: [2, 2, 1, 1] }), // prettier-ignore
  ],
  'a negative side': [
    'BAD_SHAPE',
    /\[2, -1, 3\]/,
    () => run('Fill', {}, { shape: [2, -1, 3], value: 1, dtype: 'float32' }),
  ],
  'two negative sides': [
    'BAD_SHAPE',
    /\[-2, -3\]/,
    () => run('Fill', {}, { shape: [-2, -3], value: 1, dtype: 'float32' }),
  ],
  'tile a negative number of times': [
    'BAD_SHAPE',
    /\[-2, -3\]/,
    () => run('Tile', { x: ones(2, 3) }, { reps: [-1, -1] }),
  ],
  'a negative padding': ['BAD_SHAPE', /PadV2 .*\[\[-1,0\]\]/, () => tf.pad(ones(3), [[-1, 0]])],
  'more to mirror than there is': [
    ...(['BAD_SHAPE', /MirrorPad/] as const),
    () => run('MirrorPad', { x: ones(3) }, { paddings: [[3, 0]], mode: 'reflect' }),
  ],
  'slice from before the beginning': [
    'BAD_INDEX',
    /begin/,
    () => run('Slice', { x: ones(4) }, { begin: [-2], size: [1] }),
  ],
  'an axis twice': ['BAD_AXIS', /0, 0/, () => tf.sum(ones(3), [0, -1])],
  'the place of the greatest of nothing': ['BAD_SHAPE', /length 0/, () => tf.argMax(ones(0, 3), 0)],
  'where of shapes that do not fit': [
    ...(['BAD_SHAPE', /Select/] as const),
    () => run('Select', { condition: tf.tensor1d([1, 0, 1], 'bool'), t: ones(2), e: ones(2) }),
  ],
  'gatherND outside': ['BAD_INDEX', /index 7 of axis 0/, () => tf.gatherND(ones(3, 2), ints([7], [1, 1]))],
  'gatherND before': ['BAD_INDEX', /index -1/, () => tf.gatherND(ones(3, 2), ints([-1], [1, 1]))],
  'scatterND outside': ['BAD_INDEX', /index 9/, () => tf.scatterND(ints([9], [1, 1]), ones(1, 2), [3, 2])],
  'tensorScatterUpdate outside': [
    ...(['BAD_INDEX', /index 3/] as const),
    () => tf.tensorScatterUpdate(ones(3), ints([3], [1, 1]), ones(1)),
  ],
  'sparseToDense outside': ['BAD_INDEX', /index 5/, () => tf.sparseToDense(ints([5]), ones(1), [4], tf.scalar(0))],
  'crop an image that is not there': [
    ...(['BAD_INDEX', /boxInd has 2/] as const),
    () => tf.image.cropAndResize(ones(2, 3, 3, 1), ones(1, 4), ints([2]), [2, 2]),
  ],
  'bincount of a negative number': ['BAD_INDEX', /negative/, () => tf.bincount(ints([1, -1]), [] as never, 3)],
  'a batch norm of whole numbers': [
    ...(['BAD_DTYPE', /FusedBatchNorm of int32/] as const),
    () => run('FusedBatchNorm', { x: ints([1, 2], [1, 2]), mean: ones(2), variance: ones(2), scale: ones(2), offset: ones(2) }, { varianceEpsilon: 0 }), // prettier-ignore
  ],
};

describe.each(builds)('shapes, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries(refused))('%s is refused, and nothing is touched', async (_name, [code, message, f]) => {
    await tf.setBackend('wasm');
    const neighbours = Array.from({ length: 40 }, (_, i) => tf.fill([33], i, 'int32'));
    for (let i = 0; i < 40; i += 2) neighbours[i]!.dispose();
    const [tensors, buffers] = [tf.memory().numTensors, tf.backend().numDataIds()];
    expect(() => tf.tidy(f as () => tf.Tensor)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual([tensors, buffers]);
    for (let i = 1; i < 40; i += 2) expect(new Set(neighbours[i]!.dataSync())).toEqual(new Set([i]));
    tf.dispose(neighbours.filter((_, i) => i % 2));
  });

  it('volumes too small for a pool give none, as tfjs says', () =>
    expectSameAsCpu(() => tf.avgPool3d(ones(1, 1, 1, 1, 1), [1, 1, 3], 1, 'valid')));

  it('empty batches and images pass', () =>
    expectSameAsCpu(() => [
      tf.conv2d(ones(0, 4, 4, 2), ones(3, 3, 2, 3), 1, 'same'),
      tf.maxPool(ones(0, 4, 4, 2), 2, 2, 'valid'),
      tf.conv2d(ones(1, 0, 4, 2), ones(3, 3, 2, 3), 1, 'same'),
    ]));

  const x = (): tf.Tensor => tf.reshape(tf.range(0, 24), [3, 4, 2]);
  /** Operations with an axis, at a negative one and at the same counted from the front. */
  const axes: Readonly<Record<string, (axis: number) => tf.Tensor | tf.Tensor[]>> = {
    ...Object.fromEntries(
      (
        ['sum', 'mean', 'max', 'min', 'prod', 'argMax', 'argMin', 'logSumExp', 'cumsum', 'cumprod', 'reverse'] as const
      ).map((name) => [name, (axis: number) => (tf[name] as (x: tf.Tensor, axis: number) => tf.Tensor)(x(), axis)]),
    ),
    all: (axis) => tf.all(tf.cast(x(), 'bool'), axis),
    any: (axis) => tf.any(tf.cast(x(), 'bool'), axis),
    concat: (axis) => tf.concat([x(), x()], axis),
    split: (axis) => tf.split(x(), [1, 1, -1].slice(axis === -1 || axis === 2 ? 1 : 0), axis),
    unstack: (axis) => tf.unstack(x(), axis),
    gather: (axis) => tf.gather(x(), ints([1, 0]), axis),
    squeeze: (axis) => tf.squeeze(tf.sum(x(), axis, true), [axis]),
    unique: (axis) => Object.values(tf.unique(x(), axis)),
    norm: (axis) => tf.norm(x(), 2, axis),
    moments: (axis) => Object.values(tf.moments(x(), axis)),
  };
  it.each(Object.entries(axes))('%s along a negative axis is as along the same from the front', async (_name, f) => {
    await tf.setBackend('wasm');
    for (const axis of [0, 1, 2]) {
      const [front, back] = [axis, axis - 3].map((a) => tf.tidy(() => [f(a)].flat().map((t) => t.arraySync())));
      expect(back).toEqual(front);
      expect(front!.length).toBeGreaterThan(0);
    }
    await expectSameAsCpu(() => f(1));
  });
});
