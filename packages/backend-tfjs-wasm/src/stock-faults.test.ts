// What tfjs 4.22 gets wrong on its wasm backend, or in its gradients on every backend. These tests run tfjs alone, without this
// package: one that fails tells that tfjs has mended the fault, and that the kernel or gradient of ours may go.
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { on, randomTensor, startStock, type Values } from '../test/backends.ts';

/** Whether all values agree to 1 %, relative to the greatest; NaN agrees with nothing. */
function agree(a: Values, b: Values): boolean {
  const scale = Array.from(b.values).reduce((top, v) => Math.max(top, Math.abs(v)), 0);
  return Array.from(b.values).every((v, i) => Math.abs(a.values[i]! - v) <= 0.01 * scale);
}

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);
const negative = (shape: readonly number[]): tf.Tensor => randomTensor(1, shape).sub(2);

/** Computations for which tfjs's wasm backend differs from its cpu backend, which is right. */
const wrongOnWasm: Readonly<Record<string, () => tf.Tensor>> = {
  'max pooling of values that are all negative, gradient': () =>
    tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(negative([1, 4, 4, 1])),
  'max pooling in 3 dimensions of values that are all negative': () =>
    tf.maxPool3d(negative([1, 2, 2, 2, 1]) as tf.Tensor5D, 2, 2, 'valid'),
  'the place of the maximum of values that are all negative': () =>
    (tf.maxPoolWithArgmax(negative([1, 4, 4, 1]) as tf.Tensor4D, 2, 2, 'valid') as Record<string, tf.Tensor>)[
      'indexes'
    ]!,
  'grey dilation of values that are all negative': () =>
    tf.dilation2d(negative([1, 4, 4, 1]) as tf.Tensor4D, tf.zeros([2, 2, 1]) as tf.Tensor3D, 1, 'valid'),
  'a fused bias of a batched product with an inner size above 48': () =>
    tf.fused.matMul({ a: tf.ones([2, 2, 100]), b: tf.ones([2, 100, 2]), bias: tf.ones([2]) }),
  'a fused activation of a batched product with an inner size above 48': () =>
    tf.fused.matMul({
      a: tf.concat([tf.fill([2, 2, 50], -1), tf.fill([2, 2, 50], 2)], 2) as tf.Tensor3D,
      ...{ b: tf.ones([2, 100, 2]), activation: 'relu' },
    }),
  'the input gradient of conv3d': () =>
    run(
      'Conv3DBackpropInputV2',
      { dy: randomTensor(1, [1, 3, 3, 3, 2]), filter: randomTensor(2, [2, 2, 2, 2, 2]) },
      { strides: 1, pad: 'same', inputShape: [1, 3, 3, 3, 2] },
    ),
  'the filter gradient of conv3d with steps of 2': () =>
    run(
      'Conv3DBackpropFilterV2',
      { x: randomTensor(1, [1, 4, 4, 4, 2]), dy: randomTensor(2, [1, 2, 2, 2, 2]) },
      { strides: 2, pad: 'same', filterShape: [2, 2, 2, 2, 2] },
    ),
};

/** Kernels that training asks for, and that tfjs's wasm backend lacks. */
const missing = [
  ...['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter', 'DepthwiseConv2dNativeBackpropInput'],
  ...['UnsortedSegmentSum', 'Einsum', 'LogSoftmax'],
];

/** Gradients that tfjs-core fails to compute on every backend. */
const failing: Readonly<Record<string, () => tf.Tensor>> = {
  'matMul with a batch that broadcasts': () =>
    tf.grads((a, b) => tf.matMul(a, b))([tf.ones([2, 2, 3]), tf.ones([1, 3, 2])])[1]!,
  'maximum with broadcasting': () => tf.grads((a, b) => tf.maximum(a, b))([tf.ones([2, 3]), tf.zeros([3])])[1]!,
  'minimum with broadcasting': () => tf.grads((a, b) => tf.minimum(a, b))([tf.ones([2, 3]), tf.zeros([3])])[1]!,
  'squaredDifference with broadcasting': () =>
    tf.grads((a, b) => tf.squaredDifference(a, b))([tf.ones([2, 3]), tf.zeros([3])])[1]!,
  'cumsum along the first axis': () => tf.grad((x: tf.Tensor) => tf.cumsum(x, 0))(tf.ones([2, 3])),
  einsum: () => tf.grads((a, b) => tf.einsum('ij,jk->ik', a, b))([tf.ones([2, 3]), tf.ones([3, 2])])[0]!,
  cumprod: () => tf.grad((x: tf.Tensor) => tf.cumprod(x))(tf.ones([3])),
  gatherND: () => tf.grad((x: tf.Tensor) => tf.gatherND(x, tf.tensor2d([0], [1, 1], 'int32')))(tf.ones([3])),
  scatterND: () => tf.grad((x: tf.Tensor) => tf.scatterND(tf.tensor2d([0], [1, 1], 'int32'), x, [3]))(tf.ones([1])),
  stridedSlice: () => tf.grad((x: tf.Tensor) => tf.stridedSlice(x, [0], [3], [2]))(tf.ones([3])),
  topk: () => tf.grad((x: tf.Tensor) => tf.topk(x, 1).values)(tf.tensor1d([1, 2, 3])),
  depthToSpace: () => tf.grad((x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, 2))(tf.ones([1, 1, 1, 4])),
  'conv2d with dilation': () =>
    tf.grad((x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, tf.ones([2, 2, 1, 1]), 1, 'same', 'NHWC', 2))(
      tf.ones([1, 4, 4, 1]),
    ),
};

describe('tfjs alone', () => {
  beforeAll(() => startStock());

  it.each(Object.entries(wrongOnWasm))('its wasm backend is wrong: %s', async (_name, compute) => {
    const [[expected], [actual]] = [await on('cpu', compute), await on('wasm', compute)];
    expect(agree(actual!, expected!)).toBe(false);
  });

  it.each(missing)('its wasm backend lacks %s', (name) => {
    expect(tf.getKernel(name, 'wasm')).toBeFalsy();
  });

  it.each(Object.entries(failing))('it cannot differentiate %s', async (_name, compute) => {
    await tf.setBackend('cpu');
    expect(() => tf.tidy(compute)).toThrow();
  });

  it('loses what a second derivative has through a saved output', async () => {
    // tanh'' = -2 tanh (1 - tanh^2), which at 1 is -0.64; tfjs takes tanh in its first derivative for a constant.
    await tf.setBackend('cpu');
    const second = tf.tidy(() => {
      const slope = tf.grad((x: tf.Tensor) => tf.tanh(x));
      return tf
        .grad((x: tf.Tensor) => tf.mul(slope(x), x))(tf.scalar(1))
        .sub(slope(tf.scalar(1)))
        .dataSync()[0]!;
    });
    expect(second).toBeCloseTo(0);
  });

  it('pairs the matrices of two batches that both broadcast wrongly, on its cpu backend', async () => {
    const [a, b] = [() => randomTensor(1, [1, 2, 1, 1]), () => randomTensor(2, [2, 1, 1, 1])];
    const [[product], [elements]] = [
      await on('cpu', () => tf.matMul(a(), b())),
      await on('cpu', () => tf.mul(a(), b())),
    ];
    expect(agree(product!, elements!)).toBe(false);
  });

  it('sums einsum’s lone subscripts wrongly, on its cpu backend', async () => {
    const [{ shape }] = (await on('cpu', () => tf.einsum('ij,k->ik', tf.ones([2, 3]), tf.ones([4])))) as [Values];
    expect(shape).not.toEqual([2, 4]);
  });

  it.each(['cpu', 'wasm'] as const)(
    'divides the gradient of a mean by the whole window where that sticks out, on %s',
    async (backend) => {
      // One pixel under a window of 2 x 2: the mean is the pixel itself, and the gradient 1.
      const [dx] = await on(backend, () =>
        tf.grad((x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'))(tf.ones([1, 1, 1, 1])),
      );
      expect(dx!.values[0]).toBeCloseTo(0.25);
    },
  );

  it('forgets the dilation in the gradients of depthwise convolution, on its cpu backend', async () => {
    const dy = (): tf.Tensor => tf.ones([1, 1, 1, 1]);
    const attrs = { strides: 1, dilations: [2, 2], pad: 'valid', filterShape: [2, 2, 1, 1] };
    const x = (): tf.Tensor => tf.range(0, 9).reshape([1, 3, 3, 1]);
    const [dw] = await on('cpu', () => run('DepthwiseConv2dNativeBackpropFilter', { x: x(), dy: dy() }, attrs));
    // The corners of x are what lies under the taps.
    expect([...(dw!.values as Float32Array)]).not.toEqual([0, 2, 6, 8]);
  });
});
