// The same bits on any number of threads, however the work is split.
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, randomTensor } from '../../test/backends.ts';
import { installedHost } from '../install.ts';
import { dropout } from '../ops/dropout.ts';
import { gelu, silu } from '../ops/activations.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts';
import { capture } from '../programs/capture.ts';
import { useWasm } from '../use-wasm.ts';
import { type KernelHost } from './host.ts';

type Compute = () => tf.Tensor | readonly tf.Tensor[];

const r = randomTensor;
const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] =>
  [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];
const matMul = (a: number[], b: number[], ta = false, tb = false): tf.Tensor => tf.matMul(r(1, a), r(2, b), ta, tb);
const image = (...shape: number[]): tf.Tensor4D => r(3, shape) as tf.Tensor4D;

function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, stride = 1, dilation = 1): tf.Tensor[] {
  const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, 'same', 'NHWC', dilation);
  return [conv(x, filter), ...tf.grads((x, w) => conv(x!, w!).square())([x, filter])];
}

function depthwise(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor[] {
  const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
  return [conv(x, filter), ...tf.grads((x, w) => conv(x!, w!).square())([x, filter])];
}

function pools(x: tf.Tensor4D): tf.Tensor[] {
  const max = (x: tf.Tensor): tf.Tensor => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same');
  const mean = (x: tf.Tensor): tf.Tensor => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same');
  return [max(x), mean(x), tf.grad((x) => max(x).square())(x), tf.grad((x) => mean(x).square())(x)];
}

const fused = (activation: 'relu' | 'prelu' | 'elu' | 'sigmoid', slopes?: number[]): tf.Tensor =>
  tf.fused.matMul({
    ...{ a: r(1, [3, 70, 40]) as tf.Tensor3D, b: r(2, [3, 40, 99]) as tf.Tensor3D, activation, bias: r(3, [99]) },
    ...(slopes ? { preluActivationWeights: r(4, slopes) } : {}),
  });

const computations: Readonly<Record<string, Compute>> = {
  'products of all transposes': () => [
    ...[matMul([131, 700], [700, 93]), matMul([700, 131], [700, 93], true), matMul([131, 700], [93, 700], false, true)],
    ...[matMul([700, 131], [93, 700], true, true), matMul([49, 10], [10, 1200]), matMul([1200, 10], [10, 33])],
  ],
  'narrow products': () => [
    ...[matMul([1, 900], [900, 300]), matMul([300, 900], [900, 1]), matMul([900, 300], [900, 1], true)],
    ...[matMul([2, 900], [900, 65]), matMul([65, 900], [900, 2]), matMul([25, 3], [3, 33])],
  ],
  'batches of products': () => [
    ...[matMul([7, 60, 30], [7, 30, 70]), matMul([2, 60, 30], [2, 30, 70]), matMul([5, 9, 30], [30, 40])],
    ...[matMul([4, 30, 60], [1, 70, 30], true, true), matMul([3, 1, 20, 30], [1, 5, 30, 40])],
  ],
  'products with bias and activation': () => [
    ...[fused('relu'), fused('elu'), fused('sigmoid'), fused('prelu', [99]), fused('prelu', [3, 70, 99])],
  ],
  'convolutions and their gradients': () => [
    ...convolution(image(9, 13, 11, 3), image(3, 3, 3, 10)),
    ...convolution(image(5, 16, 16, 40), image(3, 3, 40, 24), 2),
    ...convolution(image(6, 20, 20, 4), image(5, 5, 4, 6), 1, 2),
    ...convolution(image(8, 12, 12, 30), image(1, 1, 30, 20)),
    ...convolution(image(1, 12, 12, 3), image(3, 3, 3, 4)),
  ],
  'convolutions with bias and activation': () => [
    tf.fused.conv2d({
      ...{ x: image(5, 9, 9, 3), filter: image(3, 3, 3, 8), strides: 1, pad: 'same' },
      ...{ bias: r(5, [8]), activation: 'prelu', preluActivationWeights: r(6, [9, 9, 8]) },
    }),
    tf.fused.depthwiseConv2d({
      ...{ x: image(5, 9, 9, 8), filter: image(3, 3, 8, 1), strides: 1, pad: 'same', bias: r(5, [8]) },
      activation: 'relu',
    }),
  ],
  'depthwise convolutions and their gradients': () => [
    ...depthwise(image(5, 12, 12, 20), image(3, 3, 20, 1)),
    ...depthwise(image(19, 8, 8, 6), image(3, 3, 6, 2)),
  ],
  'pooling and its gradients': () => pools(image(7, 15, 15, 5)),
  'functions of a number': () => {
    const x = r(1, [3001]);
    return [
      ...[tf.exp(x), tf.tanh(x), tf.sigmoid(x), tf.log1p(x), tf.erf(x), tf.elu(x), tf.square(x), tf.pow(x, 3)],
      ...[tf.sqrt(tf.abs(x)), tf.leakyRelu(x), tf.relu(x), tf.step(x), gelu(x), silu(x), tf.clipByValue(x, -0.5, 0.25)],
      ...[tf.grad((x: tf.Tensor) => gelu(x))(x), dropout(x, 0.4, 17)],
    ];
  },
  'functions of two numbers': () => {
    const [x, y] = [r(1, [30, 40, 50]), r(2, [30, 40, 50])];
    const [row, column] = [r(3, [50]), r(4, [30, 1, 1])];
    const [many, short] = [r(5, [901, 6]), r(6, [6])];
    return [
      ...[tf.add(many, short), tf.sub(short, many), tf.less(many, short)],
      ...[tf.add(x, y), tf.mul(x, row), tf.sub(column, x), tf.maximum(x, column), tf.div(x, 3), tf.prelu(x, row)],
      ...[tf.add(r(5, [1, 40, 50]), column), tf.squaredDifference(x, tf.scalar(0.5))],
      ...[tf.greater(x, y), tf.lessEqual(x, row), tf.equal(r(6, [3001]), 0.5), tf.where(tf.less(x, y), x, y)],
      ...[tf.logicalAnd(tf.less(x, 0.5), tf.less(y, 0.5)), tf.logicalXor(tf.less(x, 0), tf.less(y, 0))],
    ];
  },
  constants: () => [tf.fill([3001], 0.1), tf.fill([3001], -7, 'int32'), tf.onesLike(r(1, [3001]))],
  conversions: () => {
    const x = r(1, [3001]).mul(100);
    return [x.toInt(), x.toInt().toFloat(), x.toBool(), x.toBool().toFloat(), x.toBool().toInt(), x.toInt().toBool()];
  },
  'sums, means and extrema': () => {
    const [x, long] = [r(1, [60, 50, 70]), r(2, [300_001])];
    return [
      ...[0, 1, 2, [0, 1], [1, 2], [0, 2]].flatMap((axis) => [tf.sum(x, axis), tf.mean(x, axis), tf.max(x, axis)]),
      ...[tf.sum(x), tf.min(x), tf.sum(long), tf.mean(long), tf.max(long), tf.min(long)],
      ...[tf.sum(r(3, [5000, 30]), 0), tf.max(r(3, [5000, 30]), 0), tf.sum(r(3, [2, 90_000]), 1)],
    ];
  },
  'softmax and cross-entropy': () => {
    const [x, y] = [r(1, [201, 33]), tf.softmax(r(2, [201, 33]))];
    return [
      ...[y, tf.logSoftmax(x), softmaxCrossEntropy(y, x), tf.grad((x: tf.Tensor) => tf.softmax(x).square())(x)],
      tf.grad((x: tf.Tensor) => softmaxCrossEntropy(y, x))(x),
    ];
  },
  normalisations: () => {
    const [x, scale, offset] = [r(1, [1100, 65]), r(2, [65]), r(3, [65])];
    const norm = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor): tf.Tensor =>
      layerNorm(x, s as tf.Tensor1D, o as tf.Tensor1D);
    const batchNorm = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(x, 0);
      return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D);
    };
    return [norm, batchNorm].flatMap((f) => [
      f(x, scale, offset),
      ...tf.grads((x, s, o) => f(x!, s!, o!).square())([x, scale, offset]),
    ]);
  },
  'updates of optimisers': () => {
    const [x, y, z] = [r(1, [300, 301]), r(2, [300, 301]), r(3, [300, 301])];
    const positive = tf.abs(z);
    return [
      ...[...run('OverparamAxpy', { x, d: y }, { step: -0.1 }), ...run('OverparamDots', { g: x, d: y })],
      ...run('OverparamMomentum', { velocity: x, g: y }, { momentum: 0.9, useNesterov: true }),
      ...run('OverparamAdam', { m: x, v: positive, g: y }, { beta1: 0.9, beta2: 0.99, epsilon: 1e-7, step: 3 }),
      ...run('OverparamAdagrad', { sum: positive, g: y }, { epsilon: 1e-7 }),
      ...run(
        'OverparamAdam',
        { m: x, v: positive, g: y, greatest: positive },
        { beta1: 0.9, beta2: 0.99, epsilon: 1e-7, step: 3 },
      ),
    ];
  },
  'movements of numbers': () => {
    const x = r(1, [6, 50, 70]);
    const [ids, rows] = [
      tf.range(0, 900, 1, 'int32').mod(tf.scalar(97, 'int32')).toInt() as tf.Tensor1D,
      r(2, [97, 40]),
    ];
    return [
      ...[tf.transpose(x, [0, 2, 1]), tf.transpose(x, [2, 0, 1]), tf.tile(x, [2, 1, 3]), tf.reverse(x, 1)],
      ...[
        tf.slice(x, [1, 2, 3], [4, 40, 60]),
        tf.concat([x, x], 1),
        tf.stack([x, x], 1),
        tf.pad(x, [
          [0, 0],
          [1, 2],
          [3, 4],
        ]),
      ],
      ...[tf.gather(rows, ids), tf.unsortedSegmentSum(r(3, [900, 40]), ids, 97), tf.less(x, 0).transpose([2, 1, 0])],
      ...tf.split(x, 2, 2),
    ];
  },
};

describe.each(builds)('threads, $build', ({ relaxedSimd }) => {
  let host: KernelHost;
  let share: KernelHost['share'];
  beforeAll(async () => {
    tf.engine().reset();
    expect(await useWasm({ relaxedSimd, threads: 3 })).toMatchObject({ relaxedSimd, threads: 3 });
    host = installedHost()!;
    share = host.share;
  });
  afterAll(() => host.dispose());

  /** The bits of what is computed when work is split into so many parts. */
  const bits = (compute: Compute, parts: number): Buffer[] => {
    (host as { share: KernelHost['share'] }).share = (kernel, _, use) =>
      share(kernel, parts > 1 ? Infinity : 0, (_, compute) => use(parts, compute));
    const tensors = tf.tidy(() => [compute()].flat() as tf.Tensor[]);
    const values = tensors.map((t) => t.dataSync());
    tf.dispose(tensors);
    (host as { share: KernelHost['share'] }).share = share;
    return values.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  };

  it.each(Object.keys(computations))('%s', (name) => {
    const compute = computations[name]!;
    const alone = bits(compute, 1);
    for (const parts of [2, 7])
      bits(compute, parts).forEach((values, i) =>
        expect(values.equals(alone[i]!), `tensor ${i} in ${parts} parts`).toBe(true),
      );
    const program = capture(() => tf.tidy(() => [compute()].flat() as tf.Tensor[]));
    for (let run = 0; run < 2; run++)
      bits(program, 1).forEach((values, i) =>
        expect(values.equals(alone[i]!), `tensor ${i} in run ${run} as a program`).toBe(true),
      );
    expect(program.report()).toMatchObject({ compiled: 1, reasons: [] });
    program.dispose();
  });

  it('a training, when the work is split where that pays', async () => {
    const train = async (threads: number, compiled = false): Promise<number[]> => {
      await useWasm({ relaxedSimd, threads });
      const [x, y] = [r(1, [64, 200]), r(2, [64, 10])] as [tf.Tensor2D, tf.Tensor2D];
      const [a, b] = [tf.variable(r(3, [200, 300])), tf.variable(r(4, [300, 10]))];
      const optimizer = tf.train.adam(0.01);
      const step = (): void =>
        void optimizer.minimize(() =>
          tf.losses.meanSquaredError(y, tf.matMul(tf.tanh(tf.matMul(x, a as tf.Tensor2D)), b as tf.Tensor2D)),
        );
      const run = compiled ? capture(step) : step;
      for (let i = 0; i < 10; i++) run();
      const weights = [...a.dataSync(), ...b.dataSync()];
      tf.dispose([x, y, a, b]);
      optimizer.dispose();
      return weights;
    };
    const alone = await train(1);
    for (const threads of [2, 4]) expect(await train(threads)).toEqual(alone);
    for (const threads of [1, 2, 3]) expect(await train(threads, true)).toEqual(alone);
  });
});
