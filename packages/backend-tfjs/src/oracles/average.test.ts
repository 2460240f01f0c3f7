import { run } from '@overparam/core';
import { constantStep, ponosAdam, type PonosAdamOptions } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fit, knownEnd, optimizer, oracle } from '../index.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const variable = (values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));
const numbers = (v: tf.Tensor): number[] => Array.from(v.dataSync());

/** Two variables, of which f takes the squares. */
function problem() {
  const [a, b] = [variable([1, -2]), variable([3])];
  const loss = (): tf.Scalar => tf.add(tf.sum(tf.square(a)), tf.sum(tf.square(b)));
  return { a, b, loss, f: oracle(loss, { variables: [a, b], modules: { a: [a], b: [b] } }) };
}

describe('average', () => {
  it('is average + weight (w - average), with w the point after the move', () => {
    const { a, f, loss } = problem();
    let expected = numbers(a);
    for (const weight of [1, 0.5, undefined, 0.25, 0]) {
      void f.linearize();
      if (weight !== undefined) void f.average(weight);
      void f.move(0.1);
      void f.finish?.();
      const w = numbers(a);
      if (weight !== undefined) expected = expected.map((x, i) => x + weight * (w[i]! - x));
      const there = f.withAverage(() => ({ a: numbers(a), loss: tf.tidy(() => loss().dataSync()[0]!) }));
      there.a.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 6));
      expect(numbers(a)).toEqual(w);
    }
    f.dispose();
  });

  it('moves with variables that rest', () => {
    const { b, f } = problem();
    const step = (modules: string[] | undefined, weight: number): void => {
      void f.linearize(modules && { modules });
      void f.average(weight);
      void f.move(0.1);
      void f.finish?.();
    };
    step(undefined, 1);
    step(undefined, 0.5);
    const [average, w] = [f.withAverage(() => numbers(b)[0]!), numbers(b)[0]!];
    step(['a'], 0.5);
    expect(numbers(b)).toEqual([w]);
    expect(f.withAverage(() => numbers(b)[0]!)).toBeCloseTo((average + w) / 2, 6);
    f.dispose();
  });

  it('is undone with its step, and forgotten with a linearization', () => {
    const { a, f } = problem();
    void f.linearize();
    void f.average(0.5);
    void f.move(0.1);
    void f.finish?.();
    const before = f.withAverage(() => numbers(a));
    void f.linearize();
    void f.average(1);
    void f.move(0.1);
    void f.abandon?.();
    expect(f.withAverage(() => numbers(a))).toEqual(before);
    void f.linearize();
    void f.average(1);
    void f.linearize();
    void f.move(0.1);
    void f.finish?.();
    expect(f.withAverage(() => numbers(a))).toEqual(before);
    f.dispose();
  });

  it('leaks nothing, and costs one tensor for each variable', () => {
    const { f } = problem();
    const step = (): void => {
      void f.linearize();
      void f.average(0.5);
      void f.move(0.1);
      void f.finish?.();
    };
    step();
    const before = tf.memory().numTensors;
    for (let k = 0; k < 5; k++) step();
    expect(tf.memory().numTensors).toBe(before);
    f.withAverage(() => undefined);
    expect(tf.memory().numTensors).toBe(before);
    f.dispose();
  });

  it.each([-0.1, 1.1, NaN])('refuses the weight %d, and needs a linearization', (weight) => {
    const { f } = problem();
    expect(() => f.average(0.5)).toThrow(expect.objectContaining({ code: 'NOT_LINEARIZED' }));
    void f.linearize();
    expect(() => f.average(weight)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    f.dispose();
  });
});

/** An optimizer after steps without a known end, on a quadratic. */
function trained(steps: number) {
  const { a, b, loss } = problem();
  const made = optimizer(ponosAdam({ dense: 5, every: 2 }), { direction: 'adam' });
  const step = (): void => void made.minimize(loss, false, [a, b]);
  for (let k = 0; k < steps; k++) step();
  return { a, b, loss, made, step };
}

describe('withAverage of an optimizer', () => {
  it('puts the weights back when its body returns, throws, or its promise settles', async () => {
    const { a, made } = trained(12);
    const w = numbers(a);
    const average = made.withAverage(() => numbers(a));
    expect(average).not.toEqual(w);
    expect(numbers(a)).toEqual(w);
    expect(() =>
      made.withAverage(() => {
        throw new Error('of the body');
      }),
    ).toThrow('of the body');
    expect(numbers(a)).toEqual(w);
    const later = made.withAverage(async () => {
      await Promise.resolve();
      return numbers(a);
    });
    expect(numbers(a)).toEqual(average);
    expect(await later).toEqual(average);
    expect(numbers(a)).toEqual(w);
    await expect(made.withAverage(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(numbers(a)).toEqual(w);
    made.dispose();
  });

  it('takes no step and no second call meanwhile', async () => {
    const { a, made, step } = trained(12);
    const w = numbers(a);
    let settle = (): void => undefined;
    const open = made.withAverage(() => new Promise<void>((resolve) => (settle = resolve)));
    const inPlace = expect.objectContaining({ code: 'AVERAGE_IN_PLACE' }) as Error;
    const average = numbers(a);
    expect(step).toThrow(inPlace);
    expect(() => made.withAverage(() => 1)).toThrow(inPlace);
    expect(() => made.takeAverage()).toThrow(inPlace);
    expect(numbers(a)).toEqual(average);
    settle();
    await open;
    expect(numbers(a)).toEqual(w);
    step();
    made.dispose();
  });

  it('is saved with the optimizer: what follows is as if uninterrupted', async () => {
    const one = trained(10);
    const saved = await one.made.getWeights();
    const other = problem();
    other.a.assign(one.a);
    other.b.assign(one.b);
    const resumed = optimizer(ponosAdam({ dense: 5, every: 2 }), { direction: 'adam' });
    await resumed.setWeights(saved);
    for (let k = 0; k < 6; k++) {
      one.step();
      resumed.minimize(other.loss, false, [other.a, other.b]);
    }
    expect(numbers(other.a)).toEqual(numbers(one.a));
    expect(resumed.withAverage(() => numbers(other.a))).toEqual(one.made.withAverage(() => numbers(one.a)));
    one.made.dispose();
    resumed.dispose();
  });

  it('leaves the variables as they are where nothing is averaged', () => {
    const { a, loss } = problem();
    const made = optimizer(constantStep());
    made.minimize(loss);
    const w = numbers(a);
    expect(made.withAverage(() => numbers(a))).toEqual(w);
    made.dispose();
  });
});

describe('statistics of batch normalization', () => {
  const xs = tf.tidy(() => tf.keep(tf.tensor2d([[1, 2], [3, -1], [0, 5], [2, 2]]))); // prettier-ignore
  const made = () => {
    const model = tf.sequential();
    model.add(tf.layers.batchNormalization({ inputShape: [2] }));
    model.add(tf.layers.dense({ units: 1, kernelInitializer: 'ones' }));
    const ours = optimizer(ponosAdam(), { direction: 'adam' });
    const loss = (): tf.Scalar => tf.mean(tf.square(model.apply(xs, { training: true }) as tf.Tensor));
    for (let k = 0; k < 9; k++) ours.minimize(loss);
    return { model, ours };
  };

  it('do not belong to averaged weights: they are refused, or computed anew and put back', () => {
    const { model, ours } = made();
    const all = (): number[][] => model.getWeights().map(numbers);
    const before = all();
    expect(() => ours.withAverage(() => 1)).toThrow(expect.objectContaining({ code: 'STATISTICS_NEEDED' }));
    expect(all()).toEqual(before);
    let calls = 0;
    const statistics = (): void => tf.tidy(() => void (calls++, model.apply(xs, { training: true })));
    const there = ours.withAverage(all, { statistics });
    expect(calls).toBe(1);
    expect(there[2]).not.toEqual(before[2]);
    expect(all()).toEqual(before);
    ours.dispose();
  });
});

describe('the end of a run', () => {
  it('is asked for by finish: the step decays to it', () => {
    const { made, step } = trained(20);
    made.finish(10);
    const { eta } = made.state;
    for (let k = 0; k < 10; k++) step();
    expect(made.state.decay).toEqual({ start: 20, end: 30, from: 1 });
    expect(made.report!.step / (made.state.eta ?? eta!)).toBeLessThan(0.2);
    expect(() => made.finish(0)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => optimizer(constantStep()).finish(5)).toThrow('ponosAdam');
    made.dispose();
  });

  it('is known to model.fit by a callback, with samples or batches, unless the options say otherwise', async () => {
    const [x, y] = [tf.ones([10, 1]), tf.ones([10, 1])];
    const train = async (options: PonosAdamOptions, args: object) => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
      const made = optimizer(ponosAdam(options), { direction: 'adam' });
      model.compile({ optimizer: made, loss: 'meanSquaredError' });
      await model.fit(x, y, { verbose: 0, callbacks: knownEnd(made), ...args });
      return { made, model };
    };
    const first = await train({}, { epochs: 3, batchSize: 4 });
    expect(first.made.state).toMatchObject({ k: 9, decay: { start: 0, end: 9, from: 1 } });
    // A second fit of the same model begins a new decay.
    await first.model.fit(x, y, {
      verbose: 0,
      epochs: 5,
      initialEpoch: 3,
      batchSize: 5,
      callbacks: knownEnd(first.made),
    });
    expect(first.made.state).toMatchObject({ k: 13, decay: { start: 9, end: 13, from: 1 } });
    expect((await train({ steps: 'unbounded' }, { epochs: 2 })).made.state.decay).toBeNull();
    expect((await train({ steps: 50 }, { epochs: 2 })).made.state.decay).toEqual({ start: 0, end: 50, from: 1 });
    tf.dispose([x, y]);
  });

  it('is known to model.fitDataset where its batches are counted', async () => {
    const batch = { xs: tf.ones([4, 1]), ys: tf.ones([4, 1]) };
    const data = tf.data.array([batch, batch, batch]).repeat();
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    const made = optimizer(ponosAdam(), { direction: 'adam' });
    model.compile({ optimizer: made, loss: 'meanSquaredError' });
    await model.fitDataset(data, { epochs: 2, batchesPerEpoch: 3, verbose: 0, callbacks: knownEnd(made) });
    expect(made.state.decay).toEqual({ start: 0, end: 6, from: 1 });
    tf.dispose([batch.xs, batch.ys]);
  });

  it('is known to fit, which resumes to it as if uninterrupted', async () => {
    const data = { x: tf.tensor2d([[1], [2], [3], [4]]), y: tf.tensor2d([[2], [4], [6], [8]]) };
    const train = async (epochs: number, resume?: object) => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] }); // prettier-ignore
      const saved: object[] = [];
      const { state } = await fit(ponosAdam({ dense: 3 }), {
        model,
        loss: 'meanSquaredError',
        ...data,
        epochs,
        batchSize: 2,
        direction: 'adam',
        checkpoint: { save: (checkpoint) => void saved.push(checkpoint) },
        ...(resume && { resume: resume as never }),
      });
      return { state, saved, weights: model.getWeights().map(numbers) };
    };
    const whole = await train(4);
    expect(whole.state.decay).toEqual({ start: 0, end: 8, from: 1 });
    const resumed = await train(4, whole.saved[1]);
    expect(resumed.state).toEqual(whole.state);
    expect(resumed.weights).toEqual(whole.weights);
    tf.dispose([data.x, data.y]);
  });

  it('is not known to fit without epochs: validation and the model at the end are of the averaged weights', async () => {
    const [x, y] = [tf.tensor2d([[1], [2], [3]]), tf.tensor2d([[2.5], [3.5], [6]])];
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] }); // prettier-ignore
    let steps = 0;
    const { history } = await fit(ponosAdam({ steps: 'unbounded' }), {
      model,
      loss: 'meanSquaredError',
      x,
      y,
      epochs: 12,
      direction: 'adam',
      validationData: [x, y],
      onStep: () => void steps++,
    });
    const last = tf.tidy(() => tf.losses.meanSquaredError(y, model.predict(x) as tf.Tensor).dataSync()[0]!);
    expect(steps).toBe(12);
    expect(last).toBeCloseTo(history['val_loss']!.at(-1)!, 6);
    // The last step's own loss is another one.
    expect(history['loss']!.at(-1)).not.toBeCloseTo(last, 4);
    tf.dispose([x, y]);
  });
});

it('a method that asks for an average runs on oracles that keep one, and on others', () => {
  const { f } = problem();
  const method = ponosAdam();
  const without = { ...f, average: undefined };
  let state = method.init();
  for (let k = 0; k < 5; k++) ({ state } = run(method, k % 2 ? f : (without as unknown as typeof f), state));
  f.dispose();
});
