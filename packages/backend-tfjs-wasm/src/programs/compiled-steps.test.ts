// Steps of tfjs's optimizers as programs: the same bits, whatever a loss function does.
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomTensor as r, startOurs, uniform } from '../../test/backends.ts';
import { bitsOf, leftBehind } from '../../test/heap.ts';
import { layers } from '../../test/layers.ts';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { dropout } from '../ops/dropout.ts';
import { registerOptimizers } from '../optimizers/register.ts';
import { compileSteps, type StepReport, stepReport } from './compiled-steps.ts';

let host: KernelHost;
beforeAll(async () => {
  host = await startOurs(true);
  registerOptimizers();
});
beforeEach(() => compileSteps(true));
afterEach(() => {
  vi.restoreAllMocks();
  tf.disposeVariables();
});

interface Training {
  readonly optimizer: tf.Optimizer;
  /** What is compared: losses and the like. */
  readonly run: () => Promise<readonly (tf.Tensor | number | string)[]> | readonly (tf.Tensor | number | string)[];
}

/** Runs the same training with programs and without, from the same random numbers, and expects the same bits. Returns what became of the steps. */
async function expectSameBits(make: () => Training): Promise<StepReport> {
  const results = async (on: boolean): Promise<[readonly string[], StepReport]> => {
    compileSteps(on);
    const next = uniform(7);
    const random = vi.spyOn(Math, 'random').mockImplementation(() => (next() + 1) / 2);
    const { optimizer, run } = make();
    const before = random.mock.calls.length;
    const values = await run();
    const state = Object.values(tf.engine().registeredVariables).map(bitsOf);
    const all = [...values.map((value) => (value instanceof tf.Tensor ? bitsOf(value) : `${value}`)), ...state];
    const draws = random.mock.calls.length - before;
    const report = stepReport(optimizer);
    values.forEach((value) => value instanceof tf.Tensor && value.dispose());
    tf.disposeVariables();
    optimizer.dispose();
    random.mockRestore();
    return [[...all, `${draws} random numbers`], report];
  };
  const [eager] = await results(false);
  const [compiled, report] = await results(true);
  expect(compiled).toEqual(eager);
  return report;
}

/** Steps of a loss on its own. */
const steps = (
  count: number,
  optimizer: tf.Optimizer,
  loss: (i: number) => tf.Scalar,
  variables?: tf.Variable[],
): Training => ({
  optimizer,
  run: () => Array.from({ length: count }, (_, i) => optimizer.minimize(() => loss(i), true, variables)!),
});

describe('layers of tfjs', () => {
  it.each(layers.map((layer) => [layer.name, layer] as const))('%s', async (_, { make, inputs, words }) => {
    const report = await expectSameBits(() => {
      const xs = inputs.map((shape, i) =>
        words ? tf.tidy(() => tf.abs(r(i, shape)).mul(words).floor() as tf.Tensor) : r(i + 1, shape),
      );
      const symbols = inputs.map((shape) => tf.input({ shape: shape.slice(1) }));
      const y = make().apply(symbols.length === 1 ? symbols[0]! : symbols) as tf.SymbolicTensor;
      const flat = y.shape.length > 2 ? (tf.layers.flatten().apply(y) as tf.SymbolicTensor) : y;
      const out = tf.layers.dense({ units: 2 }).apply(flat) as tf.SymbolicTensor;
      const model = tf.model({ inputs: symbols, outputs: out });
      const optimizer = tf.train.sgd(0.05);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const ys = r(50, [inputs[0]![0]!, 2]);
      return {
        optimizer,
        run: async () => {
          const losses: number[] = [];
          for (let i = 0; i < 5; i++) losses.push((await model.trainOnBatch(xs, ys)) as number);
          tf.dispose([xs, ys]);
          return losses;
        },
      };
    });
    expect(report.reasons).toEqual([]);
    expect(report.compiled).toBe(3);
  });
});

describe('model.fit', () => {
  const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.05, 0.9, true),
    adam: () => tf.train.adam(0.01),
    adamax: () => tf.train.adamax(0.01),
    adagrad: () => tf.train.adagrad(0.05),
    adadelta: () => tf.train.adadelta(0.5),
    rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true),
  };
  const fit = (
    optimizer: tf.Optimizer,
    make: () => tf.LayersModel,
    [xs, ys]: [tf.Tensor, tf.Tensor],
    extra: tf.ModelFitArgs = {},
  ): Training => {
    const model = make();
    model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    return {
      optimizer,
      run: async () => {
        const { history } = await model.fit(xs, ys, {
          ...{
            epochs: 3,
            batchSize: 8,
            shuffle: false,
            verbose: 0,
            validationData: [xs, ys] as [tf.Tensor, tf.Tensor],
          },
          ...extra,
        });
        tf.dispose([xs, ys]);
        return [JSON.stringify(history)];
      },
    };
  };
  const labels = (count: number): tf.Tensor =>
    tf.tidy(() =>
      tf
        .oneHot(
          tf.tensor1d(
            Array.from({ length: count }, (_, i) => (i * 7) % 3),
            'int32',
          ),
          3,
        )
        .toFloat(),
    );
  const dense = (): tf.LayersModel =>
    tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [5], units: 8, activation: 'relu', kernelRegularizer: 'l1l2' }),
        tf.layers.batchNormalization(),
        tf.layers.dropout({ rate: 0.3 }),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });

  it.each(Object.keys(optimizers))('%s: partial batches, batch norm, dropout, validation', async (name) => {
    const report = await expectSameBits(() => fit(optimizers[name]!(), dense, [r(1, [28, 5]), labels(28)]));
    // Three batches of 8 and one of 4, three times: the first one creates variables, two are recorded.
    expect(report.compiled).toBe(12 - 3);
    expect(report.programs).toHaveLength(2);
  });

  it('recurrent dropout and masking', async () => {
    const report = await expectSameBits(() =>
      fit(
        tf.train.adam(0.01),
        () =>
          tf.sequential({
            layers: [
              tf.layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 6, maskZero: true }),
              tf.layers.lstm({ units: 5, dropout: 0.2, recurrentDropout: 0.3, returnSequences: true }),
              tf.layers.gru({ units: 4, recurrentInitializer: 'glorotUniform' }),
              tf.layers.dense({ units: 3, activation: 'softmax' }),
            ],
          }),
        [
          tf.tidy(
            () =>
              tf
                .abs(r(1, [16, 6]))
                .mul(8)
                .floor() as tf.Tensor,
          ),
          labels(16),
        ],
      ),
    );
    expect(report.compiled).toBeGreaterThan(0);
  });

  it('a new learning rate for every batch, and layers that are frozen and thawed', async () => {
    const report = await expectSameBits(() => {
      // tfjs keeps the moments of other optimizers by the place of a variable, which changes here.
      const optimizer = tf.train.sgd(0.01);
      const model = dense();
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const [xs, ys] = [r(1, [8, 5]), labels(8)];
      return {
        optimizer,
        run: async () => {
          const losses: number[] = [];
          for (let i = 0; i < 18; i++) {
            (optimizer as unknown as { learningRate: number }).learningRate = 0.02 / (i + 1);
            if (i % 6 === 0) {
              model.layers[0]!.trainable = i % 12 === 0;
              model.compile({ optimizer, loss: 'meanSquaredError' });
            }
            losses.push((await model.trainOnBatch(xs, ys)) as number);
          }
          tf.dispose([xs, ys]);
          return losses;
        },
      };
    });
    expect(report.compiled).toBeGreaterThan(8);
  });

  it('two models in turn, with one optimizer each, and weights that two layers share', async () => {
    const report = await expectSameBits(() => {
      const make = (): tf.LayersModel => {
        const [input, shared] = [tf.input({ shape: [5] }), tf.layers.dense({ units: 5, activation: 'tanh' })];
        const twice = shared.apply(shared.apply(input)) as tf.SymbolicTensor;
        return tf.model({ inputs: input, outputs: tf.layers.dense({ units: 3 }).apply(twice) as tf.SymbolicTensor });
      };
      const models = [make(), make()];
      const optimizers = models.map(() => tf.train.momentum(0.05, 0.9));
      models.forEach((model, i) => model.compile({ optimizer: optimizers[i]!, loss: 'meanSquaredError' }));
      const [xs, ys] = [r(1, [8, 5]), labels(8)];
      return {
        optimizer: optimizers[1]!,
        run: async () => {
          const losses: number[] = [];
          for (let i = 0; i < 10; i++) losses.push((await models[i % 2]!.trainOnBatch(xs, ys)) as number);
          tf.dispose([xs, ys]);
          optimizers[0]!.dispose();
          return losses;
        },
      };
    });
    expect(report.compiled).toBe(3);
  });
});

describe('loss functions', () => {
  const data = (): { x: tf.Tensor2D; y: tf.Tensor2D; w: tf.Variable; v: tf.Variable } => ({
    ...{ x: r(1, [6, 4]) as tf.Tensor2D, y: r(2, [6, 3]) as tf.Tensor2D },
    ...{ w: tf.variable(r(3, [4, 3])), v: tf.variable(r(4, [3, 3])) },
  });
  const predict = (x: tf.Tensor, w: tf.Tensor, v: tf.Tensor): tf.Tensor2D =>
    tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), v as tf.Tensor2D);
  const mse = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => tf.mean(tf.squaredDifference(a, b)) as tf.Scalar;

  it('computes nothing while it follows a recorded step, and one call of the loss a step', async () => {
    const { x, y, w, v } = data();
    const optimizer = tf.train.sgd(0.1);
    const loss = vi.fn(() => mse(predict(x, w, v), y));
    for (let i = 0; i < 3; i++) optimizer.minimize(loss);
    const calls = vi.spyOn(host.wasm, 'gemmBatch');
    for (let i = 0; i < 4; i++) optimizer.minimize(loss);
    expect(calls).not.toHaveBeenCalled();
    expect(loss).toHaveBeenCalledTimes(7);
    expect(stepReport(optimizer)).toMatchObject({ compiled: 5, eager: 2, reasons: [] });
    optimizer.dispose();
    expect(stepReport(optimizer).programs).toEqual([]);
  });

  it.each<[string, (i: number, d: ReturnType<typeof data>) => tf.Scalar, number]>([
    ['branches', (i, { x, y, w, v }) => (i % 3 === 2 ? mse(tf.matMul(x, w as never), y) : mse(predict(x, w, v), y)), 9],
    [
      'reads a value now and then',
      (i, { x, y, w, v }) => {
        const p = predict(x, w, v);
        if (i === 5) p.dataSync();
        return mse(p, y);
      },
      9,
    ],
    [
      'uses a value that it reads',
      (_, { x, y, w, v }) => {
        const p = predict(x, w, v);
        return tf.mul(mse(p, y), p.abs().max().dataSync()[0]!);
      },
      0,
    ],
    ['takes numbers from JavaScript', (i, { x, y, w, v }) => tf.mul(mse(predict(x, w, v), y), 1 / (i + 1)), 10],
    ['scales by another attribute each time', (i, { x, y, w, v }) => mse(tf.leakyRelu(predict(x, w, v), i / 20), y), 0],
    [
      'takes another power',
      (i, { x, y, w, v }) => tf.mean(tf.pow(tf.sub(predict(x, w, v), y), tf.scalar(i < 5 ? 2 : 3))) as tf.Scalar,
      9,
    ],
    [
      'takes batches of two sizes',
      (i, { x, y, w, v }) => {
        const n = i % 2 === 0 ? 6 : 4;
        return mse(predict(x.slice([0, 0], [n, 4]), w, v), y.slice([0, 0], [n, 3]));
      },
      9,
    ],
    [
      'has a gradient of its own, that changes',
      (i, { x, y, w, v }) => {
        const reversed = tf.customGrad((t) => ({
          value: (t as tf.Tensor).clone(),
          gradFunc: (dy: tf.Tensor) => (i === 6 ? dy.mul(-2) : dy.mul(-1).mul(i + 1)),
        }));
        return mse(tf.matMul(reversed(tf.tanh(tf.matMul(x, w as never))) as tf.Tensor2D, v as never), y);
      },
      9,
    ],
    [
      'is a cross-entropy',
      (_, { x, y, w, v }) => tf.losses.softmaxCrossEntropy(tf.softmax(y), predict(x, w, v)) as tf.Scalar,
      10,
    ],
    ['draws the masks of dropout by a seed', (i, { x, y, w, v }) => mse(dropout(predict(x, w, v), 0.4, i), y), 10],
    [
      'takes gradients within',
      (_, { x, y, w, v }) => {
        const slope = tf.grad((t: tf.Tensor) => tf.sum(predict(t, w, v)))(x);
        return tf.add(mse(predict(x, w, v), y), tf.mean(tf.square(slope))) as tf.Scalar;
      },
      0,
    ],
    [
      'assigns to a variable',
      (i, { x, y, w, v }) => {
        const before = tf.mean(w);
        if (i !== 7) tf.tidy(() => v.assign(tf.mul(v, 0.99) as never));
        return tf.add(mse(predict(x, w, v), y), before) as tf.Scalar;
      },
      9,
    ],
    [
      'branches after it has assigned to a variable',
      (i, { x, y, w, v }) => {
        tf.tidy(() => v.assign(tf.mul(v, 0.99) as never));
        const p = predict(x, w, v);
        tf.tidy(() => v.assign(tf.add(v, 0.01) as never));
        return i % 3 === 2 ? mse(tf.relu(p), y) : mse(p, y);
      },
      9,
    ],
  ])('one that %s', async (_, loss, compiled) => {
    const report = await expectSameBits(() => {
      const d = data();
      const training = steps(12, tf.train.adam(0.02), (i) => loss(i, d));
      return {
        ...training,
        run: () => {
          const costs = training.run() as tf.Tensor[];
          tf.dispose([d.x, d.y]);
          return costs;
        },
      };
    });
    expect(report.compiled).toBeGreaterThanOrEqual(compiled > 0 ? compiled - 1 : 0);
    expect(report.compiled).toBeLessThanOrEqual(compiled);
    if (compiled === 0) expect(report.reasons.length).toBeGreaterThan(0);
  });

  it('one that keeps tensors, more of them at times', async () => {
    const kept: tf.Tensor[] = [];
    const report = await expectSameBits(() => {
      const { x, y, w, v } = data();
      const training = steps(10, tf.train.sgd(0.1), (i) => {
        const hidden = tf.matMul(x, w as never);
        const p = tf.matMul(tf.tanh(hidden), v as never) as tf.Tensor2D;
        kept.push(tf.keep(tf.mean(p)), tf.keep(p.reshape([-1])));
        if (i === 6) kept.push(tf.keep(hidden));
        return mse(p, y);
      });
      return {
        ...training,
        run: () => {
          const costs = training.run() as tf.Tensor[];
          tf.dispose([x, y]);
          return [...costs, ...kept.splice(0)];
        },
      };
    });
    expect(report.compiled).toBe(7);
  });

  it('alternate, as those of a generative adversarial network', async () => {
    const report = await expectSameBits(() => {
      const [g, d] = [tf.variable(r(1, [4, 4])), tf.variable(r(2, [4, 1]))];
      const [first, second] = [tf.train.adam(0.01), tf.train.adam(0.02)];
      const noise = Array.from({ length: 10 }, (_, i) => r(i + 20, [6, 4]) as tf.Tensor2D);
      const score = (x: tf.Tensor): tf.Tensor => tf.sigmoid(tf.matMul(x as tf.Tensor2D, d as never));
      const fake = (i: number): tf.Tensor => tf.tanh(tf.matMul(noise[i]!, g as never));
      return {
        optimizer: second,
        run: () => {
          const costs = noise.flatMap((real, i) => [
            first.minimize(() => tf.mean(tf.sub(score(fake(i)), score(real))) as tf.Scalar, true, [d])!,
            second.minimize(() => tf.neg(tf.mean(score(fake(i)))) as tf.Scalar, true, [g])!,
          ]);
          tf.dispose(noise);
          first.dispose();
          return costs;
        },
      };
    });
    expect(report.compiled).toBe(8);
  });
});

describe('after a fault', () => {
  const training = () => {
    const [x, w] = [r(1, [6, 4]) as tf.Tensor2D, tf.variable(r(3, [4, 3]))];
    const statistic = tf.variable(tf.scalar(0), false);
    const optimizer = tf.train.adam(0.1);
    let fault: (() => void) | undefined;
    const kept: tf.Tensor[] = [];
    const loss = (): tf.Scalar => {
      const p = tf.matMul(x, w as never);
      kept.push(tf.keep(tf.sum(p)));
      tf.tidy(() => statistic.assign(tf.add(statistic, tf.mean(p)) as tf.Scalar));
      fault?.();
      return tf.mean(tf.square(p)) as tf.Scalar;
    };
    const step = (): number => tf.tidy(() => optimizer.minimize(loss, true)!.dataSync()[0]!);
    return { step, kept, optimizer, x, w, set: (next?: () => void) => void (fault = next) };
  };

  it('of the loss function nothing is lost: what it kept has its values, and the next steps go on', () => {
    const [eager, compiled] = [false, true].map((on) => {
      compileSteps(on);
      const { step, kept, optimizer, x, set } = training();
      const losses = [1, 2, 3, 4].map(step);
      set(() => {
        throw new Error('no loss today');
      });
      expect(step).toThrow('no loss today');
      set();
      losses.push(step(), step());
      const all = [losses.join(), ...kept.map(bitsOf), ...Object.values(tf.engine().registeredVariables).map(bitsOf)];
      if (on) expect(stepReport(optimizer).compiled).toBe(4);
      tf.dispose([x, kept]);
      optimizer.dispose();
      tf.disposeVariables();
      return all;
    });
    expect(compiled).toEqual(eager);
  });

  it('of a program the step is computed kernel by kernel', () => {
    const [eager, compiled] = [false, true].map((on) => {
      compileSteps(on);
      const { step, kept, optimizer, x } = training();
      const losses = [1, 2, 3].map(step);
      const fault = vi
        .spyOn(host.wasm as unknown as Record<string, () => number>, 'runProgram')
        .mockImplementation(() => {
          throw new Error('a thread was lost');
        });
      losses.push(step());
      fault.mockRestore();
      losses.push(step());
      if (on) {
        expect(stepReport(optimizer).reasons).toEqual(['a thread was lost']);
        expect(stepReport(optimizer).compiled).toBe(2);
      }
      const all = [losses.join(), ...kept.map(bitsOf), ...Object.values(tf.engine().registeredVariables).map(bitsOf)];
      tf.dispose([x, kept]);
      optimizer.dispose();
      tf.disposeVariables();
      return all;
    });
    expect(compiled).toEqual(eager);
  });
});

it('leaks nothing over 400 steps, with differences among them, and frees its programs with the optimizer', async () => {
  const { dense, optimizer, xs, ys } = (() => {
    const dense = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [5], units: 8, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const optimizer = tf.train.adam(0.01);
    dense.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    return { dense, optimizer, xs: r(1, [8, 5]), ys: r(2, [8, 3]) };
  })();
  const step = async (i: number): Promise<void> => {
    const n = i % 5 === 4 ? 4 : 8;
    const [x, y] = tf.tidy(() => [xs.slice([0, 0], [n, 5]), ys.slice([0, 0], [n, 3])]) as [tf.Tensor, tf.Tensor];
    await dense.trainOnBatch(x, y);
    tf.dispose([x, y]);
  };
  for (let i = 0; i < 20; i++) await step(i);
  const module = host.backend.wasm as unknown as { _malloc(bytes: number): number; _free(at: number): void };
  const [malloc, free] = [module._malloc, module._free];
  let open = 0;
  module._malloc = (bytes) => (open++, malloc(bytes));
  module._free = (at) => (at !== 0 && open--, free(at));
  const before = { ...tf.memory(), bytes: memoryOf(host.backend).buffer.byteLength, ids: host.backend.numDataIds() };
  for (let i = 0; i < 400; i++) await step(i);
  expect({ ...tf.memory(), bytes: memoryOf(host.backend).buffer.byteLength, ids: host.backend.numDataIds() }).toEqual(
    before,
  );
  expect(open).toBe(0);
  [module._malloc, module._free] = [malloc, free];
  expect(stepReport(optimizer).compiled).toBeGreaterThan(400);
  expect(leftBehind(host, () => optimizer.dispose())).toBeLessThan(0);
  tf.dispose([xs, ys]);
});

it('is switched off, and leaves other optimizers alone', () => {
  class Mine extends tf.AdamOptimizer {}
  const w = tf.variable(tf.scalar(1));
  const [mine, stock] = [new Mine(0.1, 0.9, 0.999), tf.train.sgd(0.1)];
  for (let i = 0; i < 5; i++) mine.minimize(() => tf.square(w) as tf.Scalar);
  expect(stepReport(mine).compiled).toBe(0);
  compileSteps(false);
  for (let i = 0; i < 5; i++) stock.minimize(() => tf.square(w) as tf.Scalar);
  expect(stepReport(stock)).toEqual({ compiled: 0, eager: 0, programs: [], reasons: [] });
});
