import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, expectClose, on, startOurs } from '../../test/backends.ts';

const bool = (x: tf.Tensor): tf.Tensor => tf.greater(x, 0);
const y = (): tf.Tensor => tf.tensor1d([0.5, -1, 2]);

/** Functions of a float32 tensor that are constant wherever they have a derivative. */
const constant: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  ...Object.fromEntries(
    (['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const).flatMap((name) => [
      [name, (x: tf.Tensor) => tf[name](x, y())],
      [`${name}, second input`, (x: tf.Tensor) => tf[name](y(), x)],
    ]),
  ),
  ...Object.fromEntries(
    (['logicalAnd', 'logicalOr', 'logicalXor'] as const).map((name) => [
      name,
      (x: tf.Tensor) => tf[name](bool(x), bool(tf.sub(x, 1))),
    ]),
  ),
  ...Object.fromEntries(
    (['floor', 'ceil', 'round', 'sign', 'step', 'isNaN', 'isInf', 'isFinite'] as const).map((name) => [
      name,
      (x: tf.Tensor) => tf[name](x),
    ]),
  ),
  logicalNot: (x) => tf.logicalNot(bool(x)),
  all: (x) => tf.all(bool(x)),
  any: (x) => tf.any(bool(x)),
  argMax: (x) => tf.argMax(x),
  argMin: (x) => tf.argMin(x),
  floorDiv: (x) => tf.floorDiv(x, y()),
  'floorDiv, second input': (x) => tf.floorDiv(y(), x),
  'cast to int32': (x) => tf.cast(x, 'int32'),
  'cast to bool': (x) => tf.cast(x, 'bool'),
  bitwiseAnd: (x) => tf.bitwiseAnd(tf.cast(x, 'int32'), tf.tensor1d([3, 3, 3], 'int32')),
  'arithmetic of whole numbers': (x) => tf.add(tf.mul(tf.cast(x, 'int32'), tf.scalar(3, 'int32')), tf.cast(x, 'int32')),
  oneHot: (x) => tf.oneHot(tf.cast(x, 'int32'), 3),
  'the places of topk': (x) => tf.topk(x, 2).indices,
  searchSorted: (x) => tf.searchSorted(tf.reshape(x, [1, 3]), tf.reshape(y(), [1, 3])),
  'gather of numbers by the place of the greatest': (x) => tf.gather(y(), tf.reshape(tf.argMax(x), [1])),
};

describe.each(builds)('operations that are piecewise constant, $build', ({ relaxedSimd }) => {
  beforeAll(() => startOurs(relaxedSimd));

  it.each(Object.entries(constant))('%s has derivative zero in every order', async (_name, f) => {
    // s |x|^2 with s the sum of f(x), constant: the gradient is 2 s x, and the Hessian 2 s.
    const sumOf = (x: tf.Tensor): tf.Tensor => tf.sum(tf.cast(f(x), 'float32'));
    const loss = (x: tf.Tensor): tf.Tensor => tf.mul(sumOf(x), tf.sum(tf.square(x)));
    const x = (): tf.Tensor => tf.tensor1d([1.5, -0.5, 0.25]);
    const v = (): tf.Tensor => tf.tensor1d([1, 2, 3]);
    const actual = await on('wasm', () => [
      tf.grad(loss)(x()),
      tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.grad(loss)(x), v())))(x()),
    ]);
    const expected = await on('wasm', () => [x(), v()].map((t) => tf.mul(tf.mul(t, 2), sumOf(x()))));
    expectClose(actual, expected);
    const [alone] = await on('wasm', () => tf.grad((x: tf.Tensor) => tf.cast(f(x), 'float32'))(x()));
    expect([...(alone!.values as Float32Array)]).toEqual([0, 0, 0]);
    expect(alone!.dtype).toBe('float32');
  });
});
