import { gaussNewton } from '@overparam/gauss-newton';
import { adaSls, constantStep, ponos, ponosPrec } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adam, compositeOracle, fit, optimizer, oracle, type FitCheckpoint, type FitOptions } from './index.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const coded = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });

describe('optimizer and the oracles say what is wrong with what they get', () => {
  it.each<[string, () => unknown, string, RegExp]>([
    [
      'the function itself',
      () => optimizer(ponos as never),
      'BAD_OPTION',
      /method is "the function ponos".*call it, as ponos\(\)/,
    ],
    ['a name', () => optimizer('ponos' as never), 'BAD_OPTION', /method is "ponos": it takes a method/],
    ['nothing', () => optimizer(undefined as never), 'BAD_OPTION', /method is undefined/],
    ['a method about outputs', () => optimizer(gaussNewton()), 'MISSING_QUESTION', /train with fit\(method/],
    [
      'a misspelled option',
      () => optimizer(ponos(), { directon: 'adam' } as never),
      'UNKNOWN_OPTION',
      /Did you mean 'direction'\?/,
    ],
    ['a learning rate', () => optimizer(ponos(), 0.1 as never), 'BAD_OPTION', /object of options, not 0\.1/],
    [
      'a rule that is not called',
      () => optimizer(ponos(), { direction: adam as never }),
      'BAD_OPTION',
      /call it, as adam\(\)/,
    ],
    ['an unknown rule', () => optimizer(ponos(), { direction: 'adm' as never }), 'BAD_OPTION', /direction is "adm"/],
    ['an option of a rule', () => adam({ beta: 0.9 } as never), 'UNKNOWN_OPTION', /adam has no option 'beta'/],
    [
      'an option of oracle',
      () => oracle(() => tf.scalar(1), { variable: [] } as never),
      'UNKNOWN_OPTION',
      /Did you mean 'variables'\?/,
    ],
    ['no loss', () => oracle(3 as never), 'BAD_OPTION', /loss is 3/],
    [
      'an option of compositeOracle',
      () => compositeOracle({ outputs: () => tf.zeros([1, 1]), loss: () => tf.scalar(1), output: 1 } as never),
      'UNKNOWN_OPTION',
      /Did you mean 'outputs'\?/,
    ],
    [
      'no outputs',
      () => compositeOracle({ loss: () => tf.scalar(1) } as never),
      'BAD_OPTION',
      /needs the option 'outputs'/,
    ],
  ])('%s', (_, make, code, message) => {
    expect(make).toThrow(coded(code, message));
  });

  it("takes the method's own direction rule, and another where the user gives one", () => {
    const direction = (...args: Parameters<typeof optimizer>): unknown =>
      (JSON.parse(String(optimizer(...args).getConfig()['direction'])) as { name: string }).name;
    expect(direction(ponosPrec() as never)).toBe('adam');
    expect(direction(adaSls({ base_opt: 'rmsprop' }) as never)).toBe('rmsprop');
    expect(direction(ponosPrec() as never, { direction: 'adagrad' })).toBe('adagrad');
    expect(direction(ponos() as never)).toBe('gradient');
  });

  it('trains along it: the first step of adaSls is along -g / |g|', () => {
    const w = tf.variable(tf.tensor1d([3, -40]));
    const o = optimizer(adaSls({ reset_option: 'keep', init_step_size: 0.5 }));
    o.minimize(() => tf.sum(tf.square(w)) as tf.Scalar);
    expect(w.dataSync()[0]).toBeCloseTo(2.5, 5);
    expect(w.dataSync()[1]).toBeCloseTo(-39.5, 5);
  });
});

describe('fit', () => {
  type Options = FitOptions<object, unknown>;
  const options = (): Options => ({
    model: tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] }),
    loss: 'meanSquaredError',
    x: tf.ones([4, 2]),
    y: tf.ones([4, 1]),
    epochs: 2,
    batchSize: 2,
  });
  const method = (): ReturnType<typeof constantStep> => constantStep({ step: 0.01 });

  it.each<[string, object, RegExp]>([
    ['arrays', { x: [[1, 2]] }, /x\[0\] is "an array": it takes a tensor: tf\.tensor/],
    ['a typed array', { y: new Float32Array(4) }, /y is "a typed array"/],
    ['numbers', { x: [1, 2] }, /x\[0\] is 1/],
    ['no tensors', { x: [] }, /x is "\[\]"/],
    ['nothing', { y: undefined }, /needs the option 'y'/],
    ['a scalar', { y: tf.scalar(1) }, /y is "a scalar"/],
    ['strings', { x: tf.tensor1d(['a', 'b']) }, /of type string/],
    ['no model', { model: {} }, /model is "another object"/],
    ['an unknown option', { batch_size: 2 }, /Did you mean 'batchSize'\?/],
    ['an unknown nested one', { checkpoint: { evry: 1, save: () => 0 } }, /Did you mean 'every'\?/],
    ['every: 0', { checkpoint: { every: 0, save: () => 0 } }, /checkpoint\.every is 0/],
    ['no save', { checkpoint: { every: 1 } }, /needs the option 'save'/],
    ['a number for training', { training: 1 }, /training is 1/],
    ['a metric by name', { metrics: { acc: 'accuracy' } }, /metrics\.acc is "accuracy"/],
    ['validationData of one', { validationData: [tf.ones([1, 2])] }, /validationData is/],
    ['seed NaN', { seed: NaN }, /seed is NaN/],
  ])('refuses %s', async (_, change, message) => {
    await expect(fit(method(), { ...options(), ...change } as Options)).rejects.toThrow(message);
  });
  it('refuses the function of a method', async () => {
    await expect(fit(ponos as never, options())).rejects.toThrow(/call it, as ponos\(\)/);
  });

  it('refuses a checkpoint with nonsense in it, and leaves the model', async () => {
    let saved: FitCheckpoint | undefined;
    await fit(method(), { ...options(), direction: 'adam', checkpoint: { save: (made) => void (saved = made) } });
    const whole = saved!;
    const cut = whole.memory.map((one, i) =>
      i === 0 ? one : { ...one, values: Array.from(one.values as ArrayLike<number>).slice(1) },
    );
    const bad: [object, string][] = [
      [{ epoch: NaN }, 'CHECKPOINT_DAMAGED'],
      [{ epoch: -1 }, 'CHECKPOINT_DAMAGED'],
      [{ epoch: 1.5 }, 'CHECKPOINT_DAMAGED'],
      [{ batch: 99 }, 'CHECKPOINT_DAMAGED'],
      [{ batch: -1 }, 'CHECKPOINT_DAMAGED'],
      [{ seed: NaN }, 'CHECKPOINT_DAMAGED'],
      [{ sums: null }, 'CHECKPOINT_DAMAGED'],
      [{ sums: { loss: '1' } }, 'CHECKPOINT_DAMAGED'],
      [{ history: { loss: 1 } }, 'CHECKPOINT_DAMAGED'],
      [{ weights: 'all' }, 'CHECKPOINT_DAMAGED'],
      [{ memory: cut }, 'CHECKPOINT_DAMAGED'],
      [{ memory: [] }, 'STATE_FOREIGN'],
      [{ memory: whole.memory.slice(0, -1) }, 'STATE_MISMATCH'],
      [{ weights: whole.weights.slice(1) }, 'STATE_MISMATCH'],
      [{ method: { ...whole.method, checksum: '' } }, 'CHECKPOINT_DAMAGED'],
      [{ method: { ...whole.method, method: 'other' } }, 'CHECKPOINT_FOREIGN'],
    ];
    for (const [change, code] of bad) {
      const given = { ...options(), direction: 'adam' as const, resume: { ...whole, ...change } as FitCheckpoint };
      const before = given.model.getWeights().map((one) => [...one.dataSync()]);
      await expect(fit(method(), given), JSON.stringify(change)).rejects.toMatchObject({ code });
      expect(given.model.getWeights().map((one) => [...one.dataSync()])).toEqual(before);
    }
    const { steps } = await fit(method(), { ...options(), direction: 'adam', epochs: 3, resume: whole });
    expect(steps).toBe(2);
  });
});
