import { others, run } from '@overparam/core';
import {
  fit,
  group,
  heads,
  layers,
  modulesOf,
  optimizer,
  oracle,
  registerMethods,
  type MethodOptimizer,
  type Modules,
} from '@overparam/backend-tfjs';
import { mat, spectraOf, type MatOptions, type MatReport } from '@overparam/mntk-mat';
import { constantStep, ponos, type PonosOptions } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  let state = 1;
  vi.spyOn(Math, 'random').mockImplementation(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  tf.disposeVariables();
});

const [N, T, d, H, C] = [12, 3, 8, 2, 3];
const normal = (shape: number[], seed: number, deviation = 0.5): tf.Tensor =>
  tf.randomNormal(shape, 0, deviation, 'float32', seed);
const valuesOf = (variables: readonly tf.Tensor[]): number[][] => variables.map((one) => Array.from(one.dataSync()));

/** Two blocks of attention with residuals, all heads in one tensor each of Q, K, V and O, and a feed-forward. */
function transformer() {
  let seed = 1;
  const make = (name: string, shape: number[]): { name: string; variable: tf.Variable } => {
    const value = normal(shape, seed++, 0.6);
    const variable = tf.variable(value);
    value.dispose();
    return { name, variable };
  };
  const blocks = [0, 1].map((l) => ({
    ...Object.fromEntries(['Q', 'K', 'V', 'O'].map((name) => [name, make(`layer${l}/attention/${name}`, [d, d])])),
    W1: make(`layer${l}/feed-forward/W1`, [d, 2 * d]),
    W2: make(`layer${l}/feed-forward/W2`, [2 * d, d]),
  })) as Record<'Q' | 'K' | 'V' | 'O' | 'W1' | 'W2', ReturnType<typeof make>>[];
  const top = make('top', [T * d, C]);
  const parameters = [...blocks.flatMap((block) => Object.values(block)), top];
  const modules = modulesOf(parameters, [
    heads({ count: H, within: /^(layer\d+)\/attention/, projections: /\/[QKV]$/, output: /\/O$/ }),
    group(/^(layer\d+\/feed-forward)\//),
  ]);
  const x = normal([N, T, d], 99, 1);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(Array.from({ length: N }, (_, n) => n % C), 'int32'), C).toFloat()); // prettier-ignore
  const times = (a: tf.Tensor, { variable }: ReturnType<typeof make>): tf.Tensor => tf.matMul(a, variable as never);
  const outputs = (): tf.Tensor => {
    let h = tf.reshape(x, [N * T, d]) as tf.Tensor;
    for (const { Q, K, V, O, W1, W2 } of blocks) {
      const [q, k, v] = [Q, K, V].map((W) => tf.transpose(tf.reshape(times(h, W), [N, T, H, d / H]), [0, 2, 1, 3])) as [tf.Tensor, tf.Tensor, tf.Tensor]; // prettier-ignore
      const mixed = tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
      h = tf.add(h, times(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [N * T, d]), O));
      h = tf.add(h, times(tf.tanh(times(h, W1)), W2));
    }
    return times(tf.reshape(h, [N, T * d]), top);
  };
  const loss = (): tf.Scalar => tf.tidy(() => tf.losses.softmaxCrossEntropy(y, outputs() as tf.Tensor2D) as tf.Scalar);
  return { parameters, variables: parameters.map(({ variable }) => variable), modules, loss, outputs, y };
}

const network = (rate = 0.2): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, activation: 'tanh', inputShape: [5], name: 'first' }),
      tf.layers.dropout({ rate }),
      tf.layers.dense({
        units: 7,
        activation: 'relu',
        name: 'second',
        kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
      }),
      tf.layers.dense({ units: C, activation: 'softmax', name: 'top' }),
    ],
  });
const byLayers = (model: tf.LayersModel): Modules => modulesOf(model, [layers()]);
const data = (): [tf.Tensor, tf.Tensor] => [
  normal([24, 5], 1, 1),
  tf.tidy(() => tf.oneHot(tf.tensor1d(Array.from({ length: 24 }, (_, n) => n % C), 'int32'), C).toFloat()), // prettier-ignore
];
const train = async (model: tf.LayersModel, epochs = 3, batchSize = 8): Promise<unknown> => {
  const [x, y] = data();
  const { history } = await model.fit(x, y, { epochs, batchSize, shuffle: false, verbose: 0 });
  return history;
};

describe('optimizer(mat(...)) in model.compile', () => {
  it('alpha = 0, beta = 0 is the inner method to the bit, with dropout and regularizers', async () => {
    const runs = [];
    for (const wrap of [false, true]) {
      vi.restoreAllMocks();
      let state = 7;
      vi.spyOn(Math, 'random').mockImplementation(() => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32); // prettier-ignore
      const model = network();
      const method = wrap ? mat(ponos(), { alpha: 0, beta: 0, every: 2 }) : ponos();
      const made = optimizer(method as ReturnType<typeof ponos>, { direction: 'adam', modules: byLayers(model) });
      model.compile({ optimizer: made, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
      runs.push([await train(model), valuesOf(model.getWeights())]);
      tf.disposeVariables();
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  it('trains the selected layers alone, and is saved and loaded with its modules', async () => {
    registerMethods({
      'mat(ponos)': ({ inner, ...options }: MatOptions & { inner: { options: PonosOptions } }) =>
        mat(ponos(inner.options), options),
    });
    const model = network(0);
    const reports: MatReport<unknown>[] = [];
    const method = mat(ponos(), { alpha: 0.7, every: 4, n_batches_per_epoch: null });
    const made = optimizer(method, {
      direction: 'momentum',
      modules: byLayers(model),
      onReport: (report) => void reports.push(report),
    });
    model.compile({ optimizer: made, loss: 'categoricalCrossentropy' });
    await train(model);
    const rested = reports.flatMap(({ trained }) => (trained ? ['first', 'second', 'top'].filter((one) => !trained.includes(one)) : [])); // prettier-ignore
    expect(rested.length).toBeGreaterThan(0);
    expect(reports[0]!.selection!.spectra.samples).toBe(8);
    expect(reports[0]!.selection!.parameters!.all).toBe(model.countParams());

    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
      { includeOptimizer: true },
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts!));
    const back = loaded.optimizer as MethodOptimizer;
    expect(back.state).toEqual(made.state);
    expect(await train(loaded)).toEqual(await train(model));
    expect(valuesOf(loaded.getWeights())).toEqual(valuesOf(model.getWeights()));
    expect(back.state).toEqual(made.state);
    expect((back.state as typeof made.state).selections).toBe(5);

    // The weights of an optimizer, in another one.
    const other = optimizer(mat(ponos(), { alpha: 0.7, every: 4 }), {
      direction: 'momentum',
      modules: byLayers(model),
    });
    await other.setWeights(await made.getWeights());
    expect(other.state).toEqual(made.state);
    other.dispose();
  });

  it('a batch of one sample puts the selection off; samples that act on one another are an error', async () => {
    const model = network(0);
    const reports: MatReport<unknown>[] = [];
    const made = optimizer(mat(ponos()), { modules: byLayers(model), onReport: (report) => void reports.push(report) });
    model.compile({ optimizer: made, loss: 'categoricalCrossentropy' });
    await train(model, 1, 23);
    expect(reports.map(({ putOff }) => putOff)).toEqual([null, null]);
    await train(model, 1, 1);
    const alone = optimizer(mat(ponos()), {
      modules: byLayers(model),
      onReport: (report) => void reports.push(report),
    });
    model.compile({ optimizer: alone, loss: 'categoricalCrossentropy' });
    reports.length = 0;
    await train(model, 1, 1);
    expect(reports[0]!.putOff).toBe('TOO_FEW_SAMPLES');

    const coupled = tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [5] }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: C, activation: 'softmax' }),
      ],
    });
    const weights = valuesOf(coupled.getWeights());
    coupled.compile({ optimizer: optimizer(mat(ponos())), loss: 'categoricalCrossentropy' });
    await expect(train(coupled, 1)).rejects.toThrow(expect.objectContaining({ code: 'SAMPLES_COUPLED' }));
    expect(valuesOf(coupled.getWeights())).toEqual(weights);
  });

  it('fit of our own, with samples of its own', async () => {
    const narrow = tf.sequential({
      layers: [
        tf.layers.dense({ units: 8, activation: 'tanh', inputShape: [5], name: 'lower' }),
        tf.layers.dense({ units: C, activation: 'softmax', name: 'upper' }),
      ],
    });
    const [x, y] = data();
    const { state, steps } = await fit(mat(ponos(), { alpha: 0.9, every: 2 }), {
      model: narrow,
      loss: 'categoricalCrossentropy',
      x,
      y,
      epochs: 3,
      batchSize: 12,
      modules: () => byLayers(narrow),
    });
    expect(steps).toBe(6);
    expect(state.modules).toEqual(['lower', 'upper']);
    expect(state.history.filter(({ active }) => active)).toHaveLength(1);
  });
});

/** The products of matrices that run in `body`. */
function products(body: () => unknown): number {
  const engine = tf.engine();
  const { runKernel } = engine;
  let count = 0;
  engine.runKernel = (name: string, ...rest: [never, never]) => {
    if (name === 'BatchMatMul') count++;
    return runKernel.call(engine, name, ...rest) as never;
  };
  try {
    body();
  } finally {
    engine.runKernel = runKernel;
  }
  return count;
}

describe('heads in one tensor', () => {
  const step = (made: tf.Optimizer, loss: () => tf.Scalar, variables: tf.Variable[]): void =>
    void made.minimize(loss, false, variables);

  it('alpha = 0, beta = 0 is the inner method to the bit', () => {
    const runs = [false, true].map((wrap) => {
      const { loss, variables, modules } = transformer();
      const method = wrap ? mat(ponos(), { alpha: 0, beta: 0, every: 2 }) : ponos();
      const made = optimizer(method as ReturnType<typeof ponos>, { direction: 'adam', modules });
      for (let k = 0; k < 5; k++) step(made, loss, variables);
      const after = valuesOf(variables);
      made.dispose();
      return after;
    });
    expect(runs[1]).toEqual(runs[0]);
  });

  it('computeGradients and applyGradients are minimize, also where a selection is made', () => {
    const runs = [false, true].map((apart) => {
      const { loss, variables, modules } = transformer();
      const made = optimizer(mat(ponos(), { every: 2, alpha: 0.6 }), { direction: 'adam', modules });
      for (let k = 0; k < 4; k++) {
        if (!apart) step(made, loss, variables);
        else {
          const { value, grads } = made.computeGradients(loss, variables);
          made.applyGradients(grads);
          tf.dispose([value, grads]);
        }
      }
      const after = [valuesOf(variables), made.state];
      made.dispose();
      return after;
    });
    expect(runs[1]).toEqual(runs[0]);
  });

  it('kernels at a loss are those of the gradients of its samples', async () => {
    const { loss, variables, modules, outputs, y } = transformer();
    const before = tf.memory().numTensors;
    const o = oracle(loss, { variables, modules });
    const found = await spectraOf(o, { contraction: 'loss', samples: 5 });
    expect(found.samples).toBe(5);
    // Explicitly: the gradient of each sample's part of the loss.
    const kernels = await o.moduleKernels({ along: 'loss' });
    const names = await o.modules();
    const partOfLoss = (n: number): tf.Scalar => {
      const each = tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(outputs() as tf.Tensor2D)), 1));
      return tf.div(tf.sum(tf.slice(each, [n], [1])), N) as tf.Scalar;
    };
    const rows = Array.from({ length: N }, (_, n) => {
      const { value, grads } = tf.variableGrads(() => partOfLoss(n), variables);
      const row = variables.map(({ name }) => grads[name]!.dataSync());
      tf.dispose([value, grads]);
      return row;
    });
    names.forEach((name, m) => {
      const members = name === others ? [variables.at(-1)!] : modules[name]!;
      const vectors = rows.map((row) =>
        members.flatMap((member) => {
          const slice = 'axis' in member ? member : undefined;
          const variable = slice ? slice.variable : (member as tf.Variable);
          const values = Array.from(row[variables.indexOf(variable)]!);
          if (!slice) return values;
          const columns = variable.shape[1]!;
          return values.filter((_, i) => {
            const at = slice.axis === 0 ? Math.floor(i / columns) : i % columns;
            return at >= slice.start && at < slice.start + slice.size;
          });
        }),
      );
      const scale = Math.max(...vectors.map((v) => v.reduce((sum, x) => sum + x * x, 0)));
      vectors.forEach((v, n) =>
        vectors.forEach((u, k) => {
          const product = v.reduce((sum, x, i) => sum + x * u[i]!, 0);
          expect(Math.abs(kernels[m]!.data[n * N + k]! - product)).toBeLessThan(1e-4 * scale);
        }),
      );
    });
    await o.abandon!();
    o.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('computes the columns of active heads alone, nothing below them, and all else stays to the bit', () => {
    const { loss, variables, modules, parameters } = transformer();
    const o = oracle(loss, { variables, modules, direction: 'adam' });
    const names = [...Object.keys(modules), others];
    const each = { attention: 2, 'feed-forward': 2 };
    const forward = products(() => loss());
    expect(forward).toBe(2 * (6 + each['feed-forward']) + 1);
    const widths = (wanted: readonly string[]): { count: number; weight: number } => {
      let weight = 0;
      const before = o.work() as { weightGradients: number };
      const count = products(() => o.linearize({ modules: wanted }));
      weight = (o.work() as { weightGradients: number }).weightGradients - before.weightGradients;
      return { count, weight };
    };
    // The top alone: its own gradient.
    expect(widths([others])).toEqual({ count: forward + 1, weight: 2 * N * T * d * C });
    // One head of the upper block: of Q, K, V its columns, of O its rows, in one product each; through the top, the
    // feed-forward, O and the two products of attention (a gradient for each of their inputs).
    const one = widths(['layer1/head1']);
    expect(one).toEqual({ count: forward + 4 + 1 + 2 + 1 + 4, weight: 2 * (4 * N * T * d * (d / H)) });
    const two = widths(['layer1/head0', 'layer1/head1']);
    expect(two).toEqual({ count: one.count, weight: 2 * one.weight });
    // Nothing below the lowest active parameter.
    expect(widths(['layer1/feed-forward'])).toEqual({ count: forward + 2 + 2, weight: 2 * 2 * N * T * d * 2 * d });
    const all = widths(names);
    expect(all.weight).toBe(2 * (2 * N * T * (4 * d * d + 4 * d * d) + N * T * d * C));

    const before = valuesOf(variables);
    o.linearize({ modules: ['layer0/head1'] });
    o.move(0.01);
    o.finish!();
    valuesOf(variables).forEach((after, v) =>
      after.forEach((x, i) => {
        const name = parameters[v]!.name;
        const at = name.endsWith('/O') ? Math.floor(i / d) : i % d;
        const mine = name.startsWith('layer0/attention') && at >= d / H;
        expect(x === before[v]![i]).toBe(!mine);
      }),
    );
    o.dispose();
  });

  it('goes around what rests: no product but those of active modules, and the biased gradient of a model cut there', () => {
    const { loss, variables, modules, parameters } = transformer();
    const o = oracle(loss, { variables, modules });
    const forward = products(() => loss());
    // layer0's feed-forward and the top: the rest of layer 1 is passed by the residual connections.
    expect(products(() => o.linearize({ modules: ['layer0/feed-forward', others], around: true }))).toBe(forward + 1 + 1 + 1 + 2); // prettier-ignore
    const before = valuesOf(variables);
    o.move(1);
    o.finish!();
    const moved = valuesOf(variables).map((after, v) => after.map((x, i) => before[v]![i]! - x));
    parameters.forEach(({ name }, v) => {
      const active = name.startsWith('layer0/feed-forward') || name === 'top';
      expect(moved[v]!.some((x) => x !== 0)).toBe(active);
    });
    // A sliced head that rests passes nothing on either: with its partner active, the gradient differs from the exact one.
    variables.forEach((variable, v) => {
      const value = tf.tensor(before[v]!, variable.shape);
      variable.assign(value);
      value.dispose();
    });
    const gradientsOf = (around: boolean): number => {
      const { squaredGradientNorm } = o.linearize({ modules: ['layer0/head0', 'layer1/head0', others], around }) as { squaredGradientNorm: number }; // prettier-ignore
      return squaredGradientNorm;
    };
    expect(gradientsOf(true)).not.toBeCloseTo(gradientsOf(false), 3);
    // Where there is no way around, the gradient is exact.
    const below = (around: boolean): unknown => o.linearize({ modules: ['layer0/head0'], around });
    expect(below(true)).toEqual(below(false));
    o.dispose();
  });

  it('MAT o PoNoS: the report tells the work of the selection and of the step', () => {
    const { loss, variables, modules } = transformer();
    const reports: MatReport<unknown>[] = [];
    const made = optimizer(
      mat(ponos(), { every: 3, alpha: 0.5, groups: (name) => name.replace(/.*\//, '').replace(/\d/, '') }),
      {
        modules,
        direction: 'adam',
        onReport: (report) => void reports.push(report),
      },
    );
    let tensors = 0;
    for (let k = 0; k < 9; k++) {
      const before = valuesOf(variables);
      step(made, loss, variables);
      const { trained } = reports.at(-1)!;
      if (trained) expect(valuesOf(variables)).not.toEqual(before);
      if (k === 3) tensors = tf.memory().numTensors;
      if (k > 3) expect(tf.memory().numTensors).toBe(tensors);
    }
    const full = 2 * N * T * d * d;
    const forward = 2 * (4 * full + 4 * full + 2 * 2 * N * T * T * d) + 2 * N * T * d * C;
    for (const { work, selection, trained, inner } of reports) {
      const { forwards } = { forwards: 0, ...(inner as object) } as { forwards: number };
      expect(forwards).toBeGreaterThanOrEqual(0);
      expect(work!.inner.kernels).toBe(0);
      expect(work!.selection.forward).toBe(selection ? forward : 0);
      expect(work!.selection.kernels > 0).toBe(selection !== null);
      expect(work!.inner.forward % forward).toBe(0);
      const share = work!.inner.weightGradients / (16 * full + 2 * N * T * d * C);
      expect(share).toBeLessThanOrEqual(1);
      expect(share < 1).toBe(trained !== null);
    }
    expect(reports.some(({ trained }) => trained !== null)).toBe(true);
    made.dispose();
  });

  it('an abort, or a kernel that throws, in the middle of a selection leaves everything as it was', () => {
    const { loss, variables, modules } = transformer();
    const made = optimizer(mat(constantStep({ step: 0.01 }), { every: 2, alpha: 0.5 }), { modules, direction: 'adam' });
    for (let k = 0; k < 2; k++) step(made, loss, variables);
    const state = made.state;
    const before = [valuesOf(variables), tf.memory().numTensors];
    const engine = tf.engine();
    const { runKernel } = engine;
    const broken = new Error('broken');
    let failures = 0;
    for (let failAt = 3, failed = true; failed; failAt += 37) {
      let passed = 0;
      engine.runKernel = (...kernel: [string, never, never]) => {
        if (passed++ === failAt) throw broken;
        return runKernel.apply(engine, kernel) as never;
      };
      failed = false;
      try {
        step(made, loss, variables);
      } catch (error) {
        expect(error).toBe(broken);
        failed = true;
        failures++;
      } finally {
        engine.runKernel = runKernel;
      }
      if (!failed) break;
      expect(made.state).toBe(state);
      expect([valuesOf(variables), tf.memory().numTensors], `kernel ${failAt}`).toEqual(before);
    }
    expect(failures).toBeGreaterThan(10);
    expect(made.state.step).toBe(3);
    made.dispose();
  });
});

describe('what kernels cannot tell of', () => {
  const measured = (deviation: number, x: tf.Tensor) => {
    const [W, V, unused] = [[4, 5], [5, 1], [5]].map((shape, i) => tf.variable(normal(shape, i + 1, deviation))) as [tf.Variable, tf.Variable, tf.Variable]; // prettier-ignore
    const loss = (): tf.Scalar =>
      tf.tidy(() => {
        const h = tf.matMul(x, W as never);
        const f = tf.matMul(tf.add(h, tf.mul(0, unused)), V as never);
        return tf.mean(tf.square(f)) as tf.Scalar;
      });
    return oracle(loss, { variables: [W, V, unused], modules: { W: [W], V: [V], unused: [unused] } });
  };

  it('NaN and overflow are errors of their own; a module without influence has a kernel of zeros', async () => {
    const x = normal([6, 4], 9, 1);
    await expect(spectraOf(measured(1e15, x), { contraction: 'loss' })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FINITE' }),
    );
    const broken = tf.tidy(() => tf.add(x, tf.tensor1d([0, NaN, 0, 0])));
    await expect(spectraOf(measured(1, broken), { contraction: 'loss' })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FINITE' }),
    );
    const { modules } = await spectraOf(measured(1, x), { contraction: 'loss' });
    expect(modules.map(({ lambda_max }) => lambda_max > 0)).toEqual([true, true, false]);
    // A selection that is put off trains on, and is made when it can be.
    const o = measured(1, x);
    const method = mat(constantStep({ step: 1e-3 }), { alpha: 0.5 });
    const { state, report } = run(method, o, method.init());
    expect(report.selection!.decisions.find(({ module }) => module === 'unused')).toMatchObject({ active: false, why: 'no-influence' }); // prettier-ignore
    expect(state.modules).toEqual(['W', 'V', 'unused']);
    o.dispose();
  });
});
