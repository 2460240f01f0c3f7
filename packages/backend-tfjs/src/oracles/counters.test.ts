import { constantStep, ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { liveBuffers } from '../../test/live-buffers.ts';
import { optimizer, type Direction } from '../index.ts';
import { engine } from '../recording/engine.ts';

/** Two layers, one of them nearly all of the parameters, and a batch that is small beside them. */
function problem(): { loss: () => tf.Scalar; variables: tf.Variable[]; parameters: number; largest: number } {
  const sizes = [[60, 50], [50], [50, 2]];
  const variables = sizes.map((shape, i) => tf.variable(tf.randomNormal(shape, 0, 0.3, 'float32', i + 1)));
  const [a, b, c] = variables as [tf.Variable, tf.Variable, tf.Variable];
  const x = tf.randomNormal([3, 60], 0, 1, 'float32', 7);
  return {
    loss: () => tf.mean(tf.square(tf.matMul(tf.tanh(tf.add(tf.matMul(x, a as never), b)), c as never))) as tf.Scalar,
    variables,
    parameters: 60 * 50 + 50 + 100,
    largest: 60 * 50,
  };
}

describe('what a step costs', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('one call of the loss, one backward pass, 1 + backtracks replays', () => {
    const { loss, variables } = problem();
    let calls = 0;
    let backward = 0;
    let forward = 0;
    const { gradients, runKernel } = engine();
    engine().gradients = function (...about) {
      backward++;
      return gradients.apply(this, about);
    };
    engine().runKernel = function (name, ...about) {
      if (name === 'Tanh') forward++;
      return runKernel.call(this, name, ...about);
    };
    const made = optimizer(ponos({ rho: 1 }));
    try {
      let backtracked = 0;
      for (let step = 0; step < 10; step++) {
        [calls, backward, forward] = [0, 0, 0];
        made.minimize(() => (calls++, loss()), false, variables);
        const { backtracks, forwards } = made.report!;
        expect(forwards).toBe(1 + backtracks);
        expect([calls, backward, forward]).toEqual([1, 1, 1 + 1 + backtracks]);
        backtracked += backtracks;
      }
      expect(backtracked).toBeGreaterThan(3);
    } finally {
      Object.assign(engine(), { gradients, runKernel });
    }
  });

  it.each<[Direction, () => tf.Optimizer, number]>([
    ['gradient', () => tf.train.sgd(0.01), 4],
    ['momentum', () => tf.train.momentum(0.01, 0.9), 4],
    ['adam', () => tf.train.adam(0.01), 0],
  ])('a constant step along %s runs the kernels of its tf.train, and those of the slope', (direction, theirs, more) => {
    const kernels = (make: () => tf.Optimizer): Map<string, number> => {
      const { loss, variables } = problem();
      const made = make();
      const counts = new Map<string, number>();
      const { runKernel } = engine();
      for (let k = 0; k < 3; k++) made.minimize(loss, false, variables);
      engine().runKernel = function (name, ...about) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return runKernel.call(this, name, ...about);
      };
      try {
        made.minimize(loss, false, variables);
      } finally {
        Object.assign(engine(), { runKernel });
        made.dispose();
        tf.dispose(variables);
      }
      return counts;
    };
    // Identity shares data, Reshape and Cast to the same type copy nothing.
    const sum = (counts: Map<string, number>): number =>
      [...counts].reduce((total, [name, n]) => total + (['Identity', 'Reshape', 'Cast'].includes(name) ? 0 : n), 0);
    const [ours, reference] = [kernels(() => optimizer(constantStep({ step: 0.01 }), { direction })), kernels(theirs)];
    // A sum per variable and one concatenation; of Adam's kernels ours are fewer.
    expect(sum(ours)).toBeLessThanOrEqual(sum(reference) + more);
  });

  it('holds two copies of the parameters at most, the gradient and the trial point, and keeps the point alone', () => {
    const { loss, variables, parameters } = problem();
    const made = optimizer(ponos());
    const step = (): void => void made.minimize(loss, false, variables);
    step();
    for (let k = 0; k < 3; k++) {
      const { peak, left } = liveBuffers(50, step);
      // Beside them: the partial sums of |g|^2, and what the loss itself computes, each less than a row of the weights.
      expect(peak / parameters).toBeLessThan(2.1);
      expect(left).toBe(parameters);
    }
  });

  it.each<[Direction, number]>([
    ['gradient', 0],
    ['momentum', 1],
    ['adam', 2],
  ])('keeps between steps along %s the moments alone: %i copies', (direction, copies) => {
    const { loss, variables, parameters } = problem();
    const before = tf.memory();
    const made = optimizer(constantStep(), { direction });
    made.minimize(loss, false, variables);
    const after = tf.memory();
    // The scalar is the loss of the last step.
    expect(after.numBytes - before.numBytes).toBe(4 * copies * parameters);
    expect(after.numTensors - before.numTensors).toBe(copies * variables.length);
    made.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });
});
