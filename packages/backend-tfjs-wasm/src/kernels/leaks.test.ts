import * as tf from '@tensorflow/tfjs';
import { type KernelFunc } from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { builds, randomTensor, startOurs } from '../../test/backends.ts';
import { type KernelHost } from './host.ts';

const heap = (host: KernelHost): { _malloc(bytes: number): number; _free(at: number): void; HEAPU8: Uint8Array } =>
  host.backend.wasm as never;

/** How many allocations on the heap `run` leaves behind. */
function left(host: KernelHost, run: () => void): number {
  const module = heap(host);
  const [malloc, free] = [module._malloc, module._free];
  let open = 0;
  module._malloc = (bytes) => {
    open++;
    return malloc(bytes);
  };
  module._free = (at) => {
    open--;
    free(at);
  };
  try {
    run();
  } finally {
    [module._malloc, module._free] = [malloc, free];
  }
  return open;
}

describe.each(builds)('memory, $build', ({ relaxedSimd }) => {
  let host: KernelHost;
  beforeAll(async () => {
    host = await startOurs(relaxedSimd);
  });
  afterEach(() => vi.restoreAllMocks());

  it('stays flat over 1000 training steps: tensors, and bytes of the heap', () => {
    const shapes = { filter: [3, 3, 1, 4], dense: [64, 3] } as const;
    const [filter, dense] = [shapes.filter, shapes.dense].map((s, i) => tf.variable(randomTensor(i, s)));
    const [x, labels] = [
      randomTensor(2, [4, 8, 8, 1]) as tf.Tensor4D,
      tf.oneHot(tf.tensor1d([0, 1, 2, 0], 'int32'), 3),
    ];
    const optimizer = tf.train.adam(0.01);
    const step = (): void =>
      optimizer
        .minimize(() => {
          const h = tf.maxPool(tf.relu(tf.conv2d(x, filter as unknown as tf.Tensor4D, 1, 'same')), 2, 2, 'same');
          const logits = tf.matMul(tf.tanh(h).reshape([4, 64]), dense as unknown as tf.Tensor2D);
          return tf.losses.softmaxCrossEntropy(labels, logits);
        }, true)!
        .dispose();
    for (let i = 0; i < 5; i++) step();
    const [before, bytes] = [tf.memory().numTensors, heap(host).HEAPU8.length];
    for (let i = 0; i < 1000; i++) step();
    expect(tf.memory().numTensors).toBe(before);
    expect(heap(host).HEAPU8.length).toBe(bytes);
    expect(left(host, step)).toBe(0);
    tf.dispose([filter, dense, x, labels]);
    optimizer.dispose();
  });

  it('frees the scratch and the output of a kernel that fails', () => {
    const x4 = randomTensor(1, [1, 5, 5, 2]);
    const filter = randomTensor(2, [3, 3, 2, 3]);
    const [dw, dy] = [randomTensor(5, [3, 3, 2, 1]), randomTensor(6, [1, 3, 3, 2])];
    const [a, b] = [randomTensor(3, [9, 9]), randomTensor(4, [9, 9])];
    const pool = { filterSize: 2, strides: 1, pad: 'valid' };
    const conv = { strides: 1, pad: 'valid', dataFormat: 'NHWC', dilations: 1 };
    const indices = tf.tensor1d([0, 99], 'int32');
    const calls: readonly (readonly [string, Record<string, tf.Tensor>, object, keyof KernelHost['wasm'] | null])[] = [
      ['BatchMatMul', { a, b }, { transposeA: false, transposeB: false }, 'gemmBatch'],
      ['Conv2D', { x: x4, filter }, conv, 'convolution'],
      ['DepthwiseConv2dNative', { x: x4, filter: dw }, conv, 'depthwise'],
      [
        'DepthwiseConv2dNativeBackpropFilter',
        { x: x4, dy },
        { ...conv, filterShape: dw.shape },
        'depthwiseFilterGradient',
      ],
      ['MaxPool', { x: x4 }, pool, 'maxPool'],
      ['Add', { a, b }, {}, 'binary'],
      ['Sum', { x: x4 }, { axis: [0, 2], keepDims: false }, 'reduce'],
      ['OverparamAdam', { m: a, v: b, g: a }, { beta1: 0.9, beta2: 0.9, epsilon: 1, step: 1 }, 'adam'],
      ['OverparamDots', { g: a, d: b }, {}, 'dots'],
      ['GatherV2', { x: a, indices }, { axis: 0, batchDims: 0 }, null],
    ];
    for (const [name, inputs, attrs, inside] of calls) {
      const kernel = tf.getKernel(name, 'wasm').kernelFunc as KernelFunc;
      const run = (): void => void kernel({ inputs, attrs: attrs as tf.NamedAttrMap, backend: host.backend });
      if (inside)
        vi.spyOn(host.wasm as unknown as Record<string, () => never>, inside).mockImplementation(() => {
          throw new Error('injected');
        });
      const behind = left(host, () => expect(run).toThrow(inside ? 'injected' : 'GatherV2'));
      expect(behind, `allocations that ${name} left behind`).toBe(0);
    }
    tf.dispose([x4, filter, dw, dy, a, b, indices]);
  });

  it('says so when the heap is full, and leaves nothing behind', () => {
    const a = randomTensor(1, [300, 300]);
    const module = heap(host);
    const malloc = module._malloc;
    module._malloc = (bytes) => (bytes > 100_000 ? 0 : malloc(bytes));
    try {
      const before = tf.memory().numTensors;
      expect(() => tf.tidy(() => tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D))).toThrow(
        /wasm heap has no \d+ bytes left/,
      );
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      module._malloc = malloc;
    }
    a.dispose();
  });
});
