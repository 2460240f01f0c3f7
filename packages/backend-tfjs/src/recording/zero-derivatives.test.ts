import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compositeOracle, oracle } from '../index.ts';

type F = (w: tf.Tensor) => tf.Tensor;
const float = (t: tf.Tensor): tf.Tensor => tf.cast(t, 'float32');

/** Functions of w in which jumps take part, and their derivatives at w = (0.3, -1.7, 2.4), away from the jumps. */
const cases: [string, F, readonly number[]][] = [
  [
    'where of logicalAnd',
    (w) => tf.where(tf.logicalAnd(tf.greater(w, -2), tf.less(w, 1)), tf.square(w), w),
    [0.6, -3.4, 1],
  ],
  ['where of logicalOr', (w) => tf.where(tf.logicalOr(tf.less(w, -2), tf.greater(w, 1)), tf.square(w), w), [1, 1, 4.8]],
  [
    'where of logicalXor',
    (w) => tf.where(tf.logicalXor(tf.less(w, 0), tf.greater(w, -2)), tf.square(w), w),
    [0.6, 1, 4.8],
  ],
  ['where of logicalNot', (w) => tf.where(tf.logicalNot(tf.lessEqual(w, 0)), tf.square(w), w), [0.6, 1, 4.8]],
  ['a comparison as a factor', (w) => tf.mul(float(tf.notEqual(w, 0)), tf.square(w)), [0.6, -3.4, 4.8]],
  ['equal', (w) => tf.mul(float(tf.equal(w, tf.max(w))), w), [0, 0, 1]],
  ['clipByValue', (w) => tf.square(tf.clipByValue(w, -1, 1)), [0.6, 0, 0]],
  ['floor', (w) => tf.mul(tf.floor(w), w), [0, -2, 2]],
  ['round and sign', (w) => tf.mul(tf.add(tf.round(w), tf.sign(w)), w), [1, -3, 3]],
  ['floorDiv', (w) => tf.mul(tf.floorDiv(w, tf.scalar(0.5)), w), [0, -4, 4]],
  ['a cast to whole numbers', (w) => tf.mul(float(tf.cast(w, 'int32')), w), [0, -1, 2]],
  ['all and any', (w) => tf.mul(w, float(tf.logicalAnd(tf.any(tf.greater(w, 1)), tf.all(tf.less(w, 9))))), [1, 1, 1]],
  ['oneHot of argMax', (w) => tf.mul(tf.reshape(float(tf.oneHot(tf.argMax(w), 3)), [3]), w), [0, 0, 1]],
];

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

describe('logical, integer and comparison operations have derivative zero', () => {
  const at = [0.3, -1.7, 2.4];
  const moved = (w: tf.Variable): number[] => Array.from(w.dataSync(), (x, i) => at[i]! - x);
  const close = (ours: readonly number[], expected: readonly number[]): void =>
    ours.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));

  it.each(cases)("in a loss, by tfjs's tape: %s", (_, f, expected) => {
    const w = tf.variable(tf.tensor1d(at));
    const o = oracle(() => tf.sum(f(w)), { variables: [w] });
    void o.linearize();
    void o.move(1);
    close(moved(w), expected);
  });

  it.each(cases)('in outputs and their loss, by the reverse pass over a recording: %s', (_, f, expected) => {
    const w = tf.variable(tf.tensor1d(at));
    const o = compositeOracle({
      outputs: () => tf.reshape(f(w), [1, 3]),
      loss: (outputs) => tf.sum(outputs as tf.Tensor),
      variables: [w],
    });
    void o.linearize();
    void o.move(1);
    close(moved(w), expected);
  });

  it.each(cases)('in second derivatives, of a loss that takes a gradient: %s', (_, f) => {
    // f is linear or quadratic in pieces: |f'(w)|^2 / 2 has the derivative f'' f'.
    const w = tf.variable(tf.tensor1d(at));
    const penalty = (): tf.Tensor =>
      tf.mul(0.5, tf.sum(tf.square(tf.grad((v: tf.Tensor) => tf.sum(tf.add(f(v), tf.square(v))))(w))));
    const o = oracle(penalty, { variables: [w] });
    void o.linearize();
    void o.move(1);
    const g = moved(w);
    const h = 1e-2;
    at.forEach((_, i) => {
      const shifted = (by: number): number => {
        w.assign(tf.tensor1d(at.map((x, j) => (i === j ? x + by : x))));
        return penalty().dataSync()[0]!;
      };
      const difference = (shifted(h) - shifted(-h)) / (2 * h);
      expect(g[i]).toBeCloseTo(difference, 1);
    });
  });
});
