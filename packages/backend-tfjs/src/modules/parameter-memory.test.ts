import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { constantStep } from '@overparam/polyak-nonmonotone';
import { oracle, optimizer, type Direction, type MethodOptimizer } from '../index.ts';

/** f = |a|^2 + 10 |b|^2 + 3 |c|^2, with a module for each. */
function posed(direction: Direction) {
  const [a, b, c] = [
    [1, 2, 3],
    [4, 5, 6],
    [-2, 0.5, 7],
  ].map((values) => tf.variable(tf.tensor1d(values))) as [tf.Variable, tf.Variable, tf.Variable];
  const loss = (): tf.Tensor =>
    tf.addN([tf.sum(tf.square(a)), tf.sum(tf.mul(10, tf.square(b))), tf.sum(tf.mul(3, tf.square(c)))]);
  const variables = [a, b, c];
  const modules = { a: [a], b: [b], c: [c] };
  const o = oracle(loss, { variables, direction, modules });
  return {
    o,
    variables,
    step(names: readonly string[]): void {
      void o.linearize({ modules: names });
      void o.move(0.1);
      void o.finish?.();
    },
    values: (): number[] => variables.flatMap((one) => [...one.dataSync()]),
  };
}

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

describe('a state that is saved and restored', () => {
  const modules = fc.array(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), { minLength: 1, maxLength: 5 });
  it('continues to the bit, whatever took part in the steps before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Direction>('momentum', 'adam', 'amsgrad'),
        modules,
        modules,
        fc.boolean(),
        async (direction, before, after, twice) => {
          const whole = posed(direction);
          [...before, ...after].forEach(whole.step);
          const first = posed(direction);
          before.forEach(first.step);
          const second = posed(direction);
          second.variables.forEach((one, i) => one.assign(first.variables[i]!));
          await second.o.restore(first.o.save());
          // A state that no step has claimed yet can be saved again.
          const third = twice ? posed(direction) : second;
          if (twice) {
            third.variables.forEach((one, i) => one.assign(first.variables[i]!));
            await third.o.restore(second.o.save());
          }
          after.forEach(third.step);
          expect(third.values()).toEqual(whole.values());
        },
      ),
      { seed: 2, numRuns: 60 },
    );
  });

  it('is refused whole where it does not fit, and what was there continues', async () => {
    const [one, two] = [posed('adam'), posed('adam')];
    for (const each of [one, two]) each.step(['a', 'b']);
    const saved = await Promise.all(
      one.o.save().map(async ({ name, tensor }) => ({ name, tensor, data: (await tensor.data()).slice() })),
    );
    const header = JSON.parse(String((saved[0]!.data as unknown as string[])[0])) as Record<string, unknown>;
    const as = (changed: object): { name: string; tensor: tf.Tensor }[] => [
      { name: 'overparam', tensor: tf.tensor1d([JSON.stringify({ ...header, ...changed })], 'string') },
      ...saved.slice(1),
    ];
    const short = as({}).slice(0, -1);
    const wrongShape = as({}).map(({ name, tensor }, i) => ({ name, tensor: i === 1 ? tf.zeros([7]) : tensor }));
    const bad: [unknown, string][] = [
      [[], 'STATE_FOREIGN'],
      [[{ name: 'overparam', tensor: tf.tensor1d(['{'], 'string') }], 'STATE_FOREIGN'],
      [as({ counts: [NaN, 1] }), 'STATE_FOREIGN'],
      [as({ counts: 'all' }), 'STATE_FOREIGN'],
      [as({ counts: [-1, 1] }), 'STATE_FOREIGN'],
      [as({ direction: { name: 'adam', options: {} } }), 'STATE_FOREIGN'],
      [short, 'STATE_MISMATCH'],
      [wrongShape, 'STATE_MISMATCH'],
      [as({ variables: [{ name: 'x', shape: [3] }] }), 'STATE_MISMATCH'],
      [
        as({ variables: (header['variables'] as object[]).map((v, i) => (i === 2 ? { ...v, shape: [4] } : v)) }),
        'STATE_MISMATCH',
      ],
    ];
    for (const [given, code] of bad) await expect(two.o.restore(given as never)).rejects.toMatchObject({ code });
    for (const each of [one, two]) each.step(['a', 'b', 'c']);
    expect(two.values()).toEqual(one.values());
  });
});

describe('setWeights that is refused', () => {
  it('leaves state, moments and count', async () => {
    const make = () => {
      const w = tf.variable(tf.tensor1d([1, -2]));
      const o = optimizer(constantStep({ step: 0.1 }), { direction: 'adam' }) as MethodOptimizer;
      const step = (): void => void o.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, false, [w]);
      step();
      return { w, o, step };
    };
    const [one, two] = [make(), make()];
    const given = await one.o.getWeights();
    const header = JSON.parse(String((await given[0]!.tensor.data())[0])) as { checkpoint: object };
    const changed = (change: object): { name: string; tensor: tf.Tensor }[] => [
      { name: 'overparam', tensor: tf.tensor1d([JSON.stringify({ ...header, ...change })], 'string') },
      ...given.slice(1),
    ];
    for (const [change, code] of [
      [{ checkpoint: { ...header.checkpoint, checksum: 'no' } }, 'CHECKPOINT_DAMAGED'],
      [{ checkpoint: { ...header.checkpoint, method: 'sgd' } }, 'CHECKPOINT_FOREIGN'],
      [{ checkpoint: { ...header.checkpoint, version: 99 } }, 'CHECKPOINT_NEWER'],
      [{ iterations: -1 }, 'STATE_FOREIGN'],
      [{ iterations: 'many' }, 'STATE_FOREIGN'],
    ] as const)
      await expect(two.o.setWeights(changed(change))).rejects.toMatchObject({ code });
    for (const each of [one, two]) each.step();
    expect([...two.w.dataSync()]).toEqual([...one.w.dataSync()]);
    expect(two.o.iterations).toBe(2);
  });
});
