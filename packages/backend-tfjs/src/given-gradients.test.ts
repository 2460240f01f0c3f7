import { constantStep, ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { optimizer, type Direction } from './index.ts';

/** a = 3, b = 4, f = a^2 + b^2 */
const problem = () => {
  const [a, b] = [tf.variable(tf.scalar(3)), tf.variable(tf.scalar(4))];
  const f = (): tf.Scalar => tf.add(tf.square(a), tf.square(b)) as tf.Scalar;
  const values = (): number[] => [a, b].map((one) => one.dataSync()[0]!);
  return { a, b, f, values };
};
const plain = () => optimizer(constantStep({ step: 0.1 }));

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

describe('applyGradients', () => {
  it.each<Direction>(['gradient', 'momentum', 'adam'])('leaves out what is left out, along %s', (direction) => {
    const { a, b, f, values } = problem();
    const o = optimizer(constantStep({ step: 0.1 }), { direction });
    o.minimize(f);
    const [, before] = values();
    const { grads } = o.computeGradients(f);
    delete grads[b.name];
    o.applyGradients(grads);
    expect(values()[1]).toBe(before);
    expect(values()[0]).toBeLessThan(3);
    expect(a.isDisposed).toBe(false);
  });

  it('2.4, 4 as tf.sgd', () => {
    const { b, f, values } = problem();
    const { grads } = plain().computeGradients(f);
    const o = plain();
    const computed = o.computeGradients(f);
    delete computed.grads[b.name];
    o.applyGradients(computed.grads);
    expect(values()[0]).toBeCloseTo(2.4, 6);
    expect(values()[1]).toBe(4);
    expect(Object.keys(grads)).toHaveLength(2);
  });

  it('does what tf.sgd does with any gradients, as a map and as a list', () => {
    const number = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);
    fc.assert(
      fc.property(
        fc.subarray(['a', 'b'] as const, { minLength: 1 }),
        number,
        number,
        fc.boolean(),
        (which, x, y, list) => {
          const run = (make: () => tf.Optimizer): number[] => {
            const { a, b, f, values } = problem();
            const o = make();
            o.computeGradients(f);
            const all = { a: { name: a.name, tensor: tf.scalar(x) }, b: { name: b.name, tensor: tf.scalar(y) } };
            const chosen = which.map((name) => all[name]);
            o.applyGradients(list ? chosen : Object.fromEntries(chosen.map(({ name, tensor }) => [name, tensor])));
            return values();
          };
          const [ours, theirs] = [run(plain), run(() => tf.train.sgd(0.1))];
          ours.forEach((value, i) => expect(value).toBeCloseTo(theirs[i]!, 5));
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });

  it('a line search stays where the given gradients ascend, and searches along them where they do not', () => {
    const { f, values } = problem();
    const o = optimizer(ponos());
    const { grads } = o.computeGradients(f);
    o.applyGradients(Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.neg(g)])));
    expect(o.report).toMatchObject({ why: 'no-descent', step: 0 });
    expect(values()).toEqual([3, 4]);
    const clipped = o.computeGradients(f).grads;
    o.applyGradients(Object.fromEntries(Object.entries(clipped).map(([name, g]) => [name, tf.clipByValue(g, -1, 1)])));
    const [x, y] = values();
    expect(3 - x!).toBeCloseTo(4 - y!, 5);
    expect(x).toBeLessThan(3);
  });

  type Problem = ReturnType<typeof problem>;
  it.each<[string, (grads: Record<string, tf.Tensor>, p: Problem, o: ReturnType<typeof plain>) => unknown, RegExp]>([
    ['an unknown name', (g) => ({ ...g, c: tf.scalar(1) }), /'c' has no gradient of computeGradients: the names are/],
    ['a wrong shape', (g, { a }) => ({ ...g, [a.name]: tf.zeros([2]) }), /has the shape \[2\]: the variable's is \[\]/],
    ['a wrong dtype', (g, { a }) => ({ ...g, [a.name]: tf.scalar(1, 'int32') }), /of type int32: pass float32/],
    ['no gradients', () => ({}), /There are no gradients/],
    ['null', () => null, /There are no gradients/],
    ['a number', (g, { a }) => ({ ...g, [a.name]: 3 }), /is 3: pass a tensor/],
    ['null in a list', () => [null], /'undefined' has no gradient/],
    ['a disposed one', (g, { a }) => (g[a.name]!.dispose(), g), /is disposed/],
    ['one twice', (g, { a }) => [a, a].map(({ name }) => ({ name, tensor: g[name]! })), /given twice/],
    ['those of another time', (g, { f }, o) => (o.computeGradients(f), g), /is of an earlier computeGradients/],
    ['those of another point', (g, { a }) => (a.assign(tf.scalar(5)), g), /has changed since computeGradients/],
  ])('refuses %s before anything moves', (_, change, message) => {
    const p = problem();
    const o = plain();
    const changed = change({ ...o.computeGradients(p.f).grads }, p, o);
    const before = p.values();
    expect(() => o.applyGradients(changed as never)).toThrow(
      expect.objectContaining({ code: 'GRADIENTS_MISMATCH', message: expect.stringMatching(message) as string }),
    );
    expect(p.values()).toEqual(before);
    expect(o.iterations).toBe(0);
    // The same optimizer still steps.
    o.minimize(p.f);
    expect(o.iterations).toBe(1);
  });

  it('needs a computeGradients before, and only one step for each', () => {
    const { f } = problem();
    const o = plain();
    const { grads } = o.computeGradients(f);
    o.applyGradients(grads);
    expect(() => o.applyGradients(grads)).toThrow(expect.objectContaining({ code: 'CLOSURE_NEEDED' }));
  });
});
