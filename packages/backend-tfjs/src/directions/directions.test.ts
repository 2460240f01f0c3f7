import { constantStep } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { adagrad, adam, adamw, amsgrad, momentum, nesterov, optimizer, type Direction } from '../index.ts';

const size = 3;
const steps = 6;
const step = 0.05;

/** w after some steps on losses <a_k, w> + |w|^2 / 2, whose gradient is a_k + w. */
function trained(made: tf.Optimizer, slopes: readonly number[][]): number[] {
  const w = tf.variable(tf.tensor1d([0.5, -1, 2]));
  for (const slope of slopes)
    tf.tidy(() => {
      made.minimize(() => tf.add(tf.sum(tf.mul(w, slope)), tf.mul(tf.sum(tf.square(w)), 0.5)) as tf.Scalar, false, [w]);
    });
  const values = Array.from(w.dataSync());
  w.dispose();
  made.dispose();
  return values;
}

/** The same in float64, with d of one coordinate by a rule that has memory; it may ascend. */
function reference(rule: () => (g: number, w: number, t: number) => number, slopes: readonly number[][]): number[] {
  const rules = Array.from({ length: size }, rule);
  let w = [0.5, -1, 2];
  slopes.forEach((slope, k) => {
    const g = w.map((x, i) => x + slope[i]!);
    const d = g.map((x, i) => rules[i]!(x, w[i]!, k + 1));
    w = w.map((x, i) => x + step * d[i]!);
  });
  return w;
}

const adamLike = (largest: boolean, decay: number) => () => {
  let [m, v, u] = [0, 0, 0];
  return (g: number, w: number, t: number): number => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    u = largest ? Math.max(u, v) : v;
    return -(m / (1 - 0.9 ** t) / (Math.sqrt(u / (1 - 0.999 ** t)) + 1e-8) + decay * w);
  };
};

const formulas: [string, Direction, () => (g: number, w: number, t: number) => number][] = [
  ['gradient', 'gradient', () => (g) => -g],
  [
    'momentum',
    momentum({ beta: 0.7 }),
    () =>
      (
        (m) => (g) =>
          -(m = 0.7 * m + g)
      )(0),
  ],
  ['nesterov', nesterov({ beta: 0.7 }), () => ((m) => (g) => ((m = 0.7 * m + g), -(g + 0.7 * m)))(0)],
  ['adam', adam(), adamLike(false, 0)],
  ['adamw', adamw({ weightDecay: 0.1 }), adamLike(false, 0.1)],
  ['amsgrad', amsgrad(), adamLike(true, 0)],
  [
    'adagrad',
    adagrad(),
    () =>
      (
        (v) => (g) =>
          -g / (Math.sqrt((v += g * g)) + 1e-8)
      )(0),
  ],
];

describe('directions', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each(formulas)('%s follows its formula', (_, direction, rule) => {
    const numbers = fc.array(
      fc.array(
        fc.integer({ min: -40, max: 40 }).map((x) => x / 8),
        { minLength: size, maxLength: size },
      ),
      {
        minLength: steps,
        maxLength: steps,
      },
    );
    fc.assert(
      fc.property(numbers, (slopes) => {
        const ours = trained(optimizer(constantStep({ step }), { direction }), slopes);
        const theirs = reference(rule, slopes);
        ours.forEach((value, i) => expect(value).toBeCloseTo(theirs[i]!, 3));
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  // Slopes whose signs turn, so that what is remembered points uphill.
  const slopes = Array.from({ length: steps }, (_, k) => (k % 3 < 2 ? [3 + k / 4, -3 - k / 8, 5] : [-2, 1, -3]));

  it.each<[string, Direction, () => tf.Optimizer]>([
    ['momentum', momentum({ beta: 0.9 }), () => tf.train.momentum(step, 0.9)],
    ['nesterov', nesterov({ beta: 0.9 }), () => tf.train.momentum(step, 0.9, true)],
    ['adam', adam(), () => tf.train.adam(step, 0.9, 0.999, 1e-8)],
  ])('%s is the one of tf.train', (_, direction, theirs) => {
    const ours = trained(optimizer(constantStep({ step }), { direction }), slopes);
    const expected = trained(theirs(), slopes);
    ours.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });
});
