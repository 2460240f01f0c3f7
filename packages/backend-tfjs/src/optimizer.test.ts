import { constantStep, ponos, type PonosOptions } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { seedRandom } from '../test/seed-random.ts';
import { adam, optimizer, registerMethods, type Direction, type MethodOptimizer } from './index.ts';

const x = (): tf.Tensor2D => tf.randomNormal([16, 4], 0, 1, 'float32', 1);
const y = (): tf.Tensor2D => tf.randomNormal([16, 2], 0, 1, 'float32', 2);
const network = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, activation: 'tanh', inputShape: [4] }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 2 }),
    ],
  });
const valuesOf = (weights: tf.Tensor[]): number[][] => weights.map((weight) => Array.from(weight.dataSync()));

/** A method that carries its options, under its own name. */
const withOptions = (options: PonosOptions = {}): ReturnType<typeof ponos> => ({
  ...ponos(options),
  name: 'with_options',
  options,
});

beforeAll(async () => {
  await tf.setBackend('wasm');
  await tf.setBackend('cpu');
});
afterEach(() => {
  vi.restoreAllMocks();
  tf.disposeVariables();
});

describe('a saved model', () => {
  const save = async (model: tf.LayersModel): Promise<tf.io.ModelArtifacts> => {
    let artifacts: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    await model.save(handler, { includeOptimizer: true });
    return artifacts!;
  };

  it.each<[string, Direction]>([
    ['cpu', 'gradient'],
    ['cpu', adam({ beta1: 0.8 })],
    ['cpu', 'amsgrad'],
    ['wasm', 'nesterov'],
  ])('on %s brings its optimizer back, and goes on as if uninterrupted', async (backend, direction) => {
    await tf.setBackend(backend);
    registerMethods({ with_options: withOptions });
    seedRandom(1);
    const model = network();
    const made = optimizer(withOptions({ c: 0.3, max_eta: 2 }), { direction });
    model.compile({ optimizer: made, loss: 'meanSquaredError', metrics: ['mae'] });
    const [inputs, targets] = [x(), y()];
    const fit = async (which: tf.LayersModel): Promise<unknown> =>
      (await which.fit(inputs, targets, { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 })).history;
    await fit(model);
    const before = tf.memory().numTensors;
    const saved = JSON.stringify({ ...(await save(model)), weightData: undefined });
    const artifacts = await save(model);
    // The header of the optimizer's weights stays with the optimizer.
    expect(tf.memory().numTensors - before).toBe(1);
    expect(saved).toContain('with');

    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    const back = loaded.optimizer as MethodOptimizer;
    expect(back.iterations).toBe(8);
    expect(back.state).toEqual(made.state);
    expect(back.method.options).toEqual({ c: 0.3, max_eta: 2 });
    expect(await fit(loaded)).toEqual(await fit(model));
    expect(valuesOf(loaded.getWeights())).toEqual(valuesOf(model.getWeights()));
    expect(back.state).toEqual(made.state);
    await tf.setBackend('cpu');
  });

  it('says which method to register', async () => {
    const model = network();
    model.compile({ optimizer: optimizer(ponos()), loss: 'meanSquaredError' });
    const artifacts = await save(model);
    await expect(tf.loadLayersModel(tf.io.fromMemory(artifacts))).rejects.toThrow(
      /runs the method 'ponos', which is not registered: call registerMethods\({ 'ponos': ... }\)/,
    );
  });

  it('refuses the weights of another optimizer, of another method and of another direction', async () => {
    const weights = await optimizer(ponos()).getWeights();
    await expect(optimizer(constantStep()).setWeights(weights)).rejects.toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_FOREIGN' }),
    );
    await expect(optimizer(ponos(), { direction: 'adam' }).setWeights(weights)).rejects.toThrow(
      expect.objectContaining({ code: 'STATE_FOREIGN' }),
    );
    await expect(optimizer(ponos()).setWeights(await tf.train.adam().getWeights())).rejects.toThrow(
      expect.objectContaining({ code: 'STATE_FOREIGN' }),
    );
  });

  it('refuses moments that do not fit the variables', async () => {
    const step = (made: tf.Optimizer, shape: number[]): void => {
      const w = tf.variable(tf.ones(shape));
      made.minimize(() => tf.sum(tf.square(w)), false, [w]);
    };
    const made = optimizer(ponos(), { direction: 'momentum' });
    step(made, [2, 3]);
    const other = optimizer(ponos(), { direction: 'momentum' });
    await other.setWeights(await made.getWeights());
    expect(() => step(other, [3, 2])).toThrow(expect.objectContaining({ code: 'STATE_MISMATCH' }));
    step(other, [2, 3]);
  });
});

describe('in a loop', () => {
  const problem = (): { w: tf.Variable; loss: () => tf.Scalar } => {
    const w = tf.variable(tf.tensor1d([1, -2, 3]));
    return { w, loss: () => tf.sum(tf.square(w)) as tf.Scalar };
  };

  it('minimize returns the loss before the step where it is asked to, and null otherwise', () => {
    const { w, loss } = problem();
    const made = optimizer(ponos());
    const cost = made.minimize(loss, true, [w]) as tf.Scalar;
    expect(cost.dataSync()[0]).toBe(14);
    cost.dispose();
    const before = tf.memory().numTensors;
    for (let step = 0; step < 20; step++) expect(made.minimize(loss, false, [w])).toBeNull();
    expect(tf.memory().numTensors).toBe(before);
    expect(made.iterations).toBe(21);
    expect(loss().dataSync()[0]).toBeLessThan(1);
    made.dispose();
  });

  it('takes all trainable variables, and of a list the trainable ones', () => {
    const [a, frozen] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1), false)];
    const loss = (): tf.Scalar => tf.add(tf.square(a), tf.square(frozen)) as tf.Scalar;
    const made = optimizer(constantStep({ step: 0.25 }));
    made.minimize(loss);
    made.minimize(loss, false, [a, frozen]);
    expect(valuesOf([a, frozen])).toEqual([[0.25], [1]]);
  });

  it('works within tf.tidy', () => {
    const { w, loss } = problem();
    const made = optimizer(ponos(), { direction: 'adam' });
    const step = (): void => tf.tidy(() => void made.minimize(() => loss(), true, [w]));
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step();
    expect(tf.memory().numTensors).toBe(before);
    made.dispose();
    expect(tf.memory().numTensors).toBe(before - 2);
  });

  it('computeGradients and applyGradients make a step, along changed gradients where they are', () => {
    const { w, loss } = problem();
    const made = optimizer(ponos());
    const first = made.computeGradients(loss, [w]);
    expect(first.value.dataSync()[0]).toBe(14);
    expect(valuesOf([first.grads[w.name]!])).toEqual([[2, -4, 6]]);
    made.applyGradients(first.grads);
    tf.dispose(first as never);
    expect(loss().dataSync()[0]).toBeLessThan(14);

    w.assign(tf.tensor1d([1, -2, 3]));
    const { grads, value } = made.computeGradients(loss, [w]);
    const clipped = tf.clipByValue(grads[w.name]!, -1, 1);
    made.applyGradients([{ name: w.name, tensor: clipped }]);
    const [moved] = valuesOf([w]) as [number[]];
    const { step } = made.report!;
    [1, -2, 3].forEach((start, i) => expect(moved[i]).toBeCloseTo(start - step * [1, -1, 1][i]!, 6));
    tf.dispose([grads as never, value, clipped]);
    expect(() => made.applyGradients({ [w.name]: tf.zeros([3]) })).toThrow(
      expect.objectContaining({ code: 'CLOSURE_NEEDED' }),
    );
  });

  it('minimize starts anew after a computeGradients that nothing followed', () => {
    const [first, second] = [problem(), problem()];
    const made = optimizer(constantStep({ step: 0.25 }));
    tf.dispose(made.computeGradients(first.loss, [first.w]) as never);
    made.minimize(second.loss, false, [second.w]);
    expect(valuesOf([first.w, second.w])).toEqual([
      [1, -2, 3],
      [0.5, -1, 1.5],
    ]);
  });

  it('moves a variable that is listed twice once', () => {
    const { w, loss } = problem();
    optimizer(constantStep({ step: 0.25 })).minimize(loss, false, [w, w]);
    expect(valuesOf([w])).toEqual([[0.5, -1, 1.5]]);
  });

  it('two optimizers of two models do not meet', () => {
    const run = (together: boolean): number[][][] => {
      const [a, b] = [problem(), problem()];
      const [first, second] = [optimizer(ponos(), { direction: 'adam' }), optimizer(ponos())];
      const steps = [() => first.minimize(a.loss, false, [a.w]), () => second.minimize(b.loss, false, [b.w])];
      if (together) for (let k = 0; k < 6; k++) steps[k % 2]!();
      else for (const step of steps) for (let k = 0; k < 3; k++) step();
      return [valuesOf([a.w]), valuesOf([b.w])];
    };
    expect(run(true)).toEqual(run(false));
  });

  it('is deterministic', () => {
    const run = (): unknown => {
      seedRandom(9);
      const { w, loss } = problem();
      const made = optimizer(ponos(), { direction: 'adagrad' });
      const reports = Array.from({ length: 5 }, () => {
        made.minimize(() => tf.sum(tf.mul(tf.dropout(w, 0.3), loss())) as tf.Scalar, false, [w]);
        return made.report;
      });
      return { reports, w: valuesOf([w]) };
    };
    expect(run()).toEqual(run());
  });
});

describe('a loss that reads back what it computes', () => {
  it('is called again for each probe, with the same randomness and nothing moved twice', () => {
    seedRandom(4);
    const [w, calls] = [tf.variable(tf.tensor1d([1, -2, 3, 4])), tf.variable(tf.scalar(0), false)];
    const seen: { value: number; mask: number[] }[] = [];
    const loss = (): tf.Scalar => {
      calls.assign(tf.add(calls, 1));
      const mask = tf.randomUniform([4]);
      const value = tf.sum(tf.square(tf.mul(w, mask))) as tf.Scalar;
      seen.push({ value: value.dataSync()[0]!, mask: Array.from(mask.dataSync()) });
      return seen.at(-1)!.value > 1 ? value : tf.square(value);
    };
    const made = optimizer(ponos());
    made.minimize(loss, false, [w]);
    expect(seen).toHaveLength(1 + made.report!.forwards);
    for (const { mask } of seen) expect(mask).toEqual(seen[0]!.mask);
    expect(seen.at(-1)!.value).toBeCloseTo(made.report!.valueAfter!, 5);
    expect(calls.dataSync()[0]).toBe(1);
    made.minimize(loss, false, [w]);
    expect(seen.at(-1)!.mask).not.toEqual(seen[0]!.mask);
    expect(calls.dataSync()[0]).toBe(2);
  });

  it('is replayed when what it reads does not depend on the variables', () => {
    const w = tf.variable(tf.tensor1d([1, -2]));
    const data = tf.tensor1d([2, 3]);
    let calls = 0;
    const made = optimizer(ponos());
    const loss = (): tf.Scalar => {
      calls++;
      return tf.sum(tf.square(tf.mul(w, tf.sum(data).dataSync()[0]!))) as tf.Scalar;
    };
    made.minimize(loss, false, [w]);
    expect(made.report!.forwards).toBeGreaterThan(0);
    expect(calls).toBe(1);
  });

  it('trains in model.fit with metrics, and nothing piles up', async () => {
    seedRandom(6);
    const model = network();
    model.compile({
      optimizer: optimizer(ponos()),
      loss: (truth, predicted) => {
        const error = tf.losses.meanSquaredError(truth, predicted);
        return error.dataSync()[0]! > 0.5 ? error : tf.mul(error, 0.5);
      },
      metrics: ['mae'],
    });
    const [inputs, targets] = [x(), y()];
    const tensors: number[] = [];
    const { history } = await model.fit(inputs, targets, {
      epochs: 6,
      batchSize: 8,
      verbose: 0,
      callbacks: { onEpochEnd: async () => void tensors.push(tf.memory().numTensors) },
    });
    expect(history['loss']!.at(-1)).toBeLessThan(history['loss']![0] as number);
    expect(Math.max(...tensors) - Math.min(...tensors)).toBeLessThan(20);
  });
});
