import { run, type Matrix } from '@overparam/core';
import { gaussNewton } from '@overparam/gauss-newton';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeTo } from '../../test/close-to.ts';
import { dot, explicitJacobian, gram } from '../../test/explicit-jacobian.ts';
import { liveBuffers } from '../../test/live-buffers.ts';
import { engine } from '../recording/engine.ts';
import { compositeOracle, type Outputs } from '../index.ts';

const [N, d, C] = [5, 4, 3];
const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 0.8, 'float32', seed);
const variable = (shape: number[], seed: number): tf.Variable => tf.tidy(() => tf.variable(normal(shape, seed)));
const loss = (f: Outputs): tf.Tensor => tf.mean(tf.square(f as tf.Tensor));
const U: Matrix = { rows: N, columns: C, data: Float64Array.from({ length: N * C }, (_, i) => Math.cos(i)) };
const mat = (x: tf.Tensor, w: tf.Tensor, transposed = false): tf.Tensor => tf.matMul(x, w, false, transposed);

interface Problem {
  readonly variables: tf.Variable[];
  readonly outputs: () => tf.Tensor;
}

/** Models whose parameters act at several places, or not along samples, or not as matrices. */
const problems: Record<string, () => Problem> = {
  'one matrix at two layers': () => {
    const [W, V, x] = [variable([d, d], 1), variable([d, C], 2), normal([N, d], 3)];
    return { variables: [W, V], outputs: () => mat(tf.tanh(mat(tf.tanh(mat(x, W)), W)), V) };
  },
  'a matrix and its transpose': () => {
    const [W, V, x] = [variable([d, 6], 1), variable([d, C], 2), normal([N, d], 3)];
    return { variables: [W, V], outputs: () => mat(tf.tanh(mat(tf.tanh(mat(x, W)), W, true)), V) };
  },
  'a table that is the output layer too': () => {
    const [E, W, x] = [variable([C, d], 1), variable([d, d], 2), tf.tensor1d([0, 2, 1, 1, 0], 'int32')];
    return { variables: [E, W], outputs: () => mat(tf.tanh(mat(tf.gather(E, x), W)), E, true) };
  },
  'a scale that is a bias too': () => {
    const [W, s, x] = [variable([d, C], 1), variable([C], 2), normal([N, d], 3)];
    return { variables: [W, s], outputs: () => tf.add(tf.mul(tf.tanh(mat(x, W)), s), s) };
  },
  'a normalized weight': () => {
    const [W, g, x] = [variable([d, C], 1), variable([1, C], 2), normal([N, d], 3)];
    return { variables: [W, g], outputs: () => mat(x, tf.mul(g, tf.div(W, tf.norm(W, 2, 0, true)))) };
  },
  'samples along the columns': () => {
    const [W, V, x] = [variable([d, d], 1), variable([C, d], 2), normal([d, N], 3)];
    return { variables: [W, V], outputs: () => tf.transpose(mat(V, tf.tanh(mat(W, x)))) };
  },
  'a scalar, and a matrix of powers': () => {
    const [a, p, x] = [variable([], 1), variable([C], 2), tf.abs(normal([N, C], 3))];
    return { variables: [a, p], outputs: () => tf.mul(a, tf.pow(x, p)) };
  },
  'a gradient among the outputs': () => {
    const [W, V, x] = [variable([d, 6], 1), variable([6, 1], 2), normal([N, d], 3)];
    const f = (x: tf.Tensor): tf.Tensor => mat(tf.sin(mat(x, W)), V);
    return {
      variables: [W, V],
      outputs: () => tf.slice(tf.grad((x) => tf.sum(f(x)))(x), [0, 0], [N, C]),
    };
  },
};

describe.each(['cpu', 'wasm'])('structure on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  afterEach(() => tf.disposeVariables());

  // Stock tfjs-wasm has no gradient of a table.
  const known = Object.keys(problems).filter((name) => backend === 'cpu' || !name.startsWith('a table'));
  it.each(known)('%s: as an explicit Jacobian', async (name) => {
    const { variables, outputs } = problems[name]!();
    const J = explicitJacobian(outputs, variables);
    const K = gram(J);
    const before = tf.memory().numTensors;
    const oracle = compositeOracle({ outputs, loss, variables });
    closeTo((await oracle.kernel()).data, K.flat());
    closeTo(
      (await oracle.kernelProduct(U)).data,
      K.map((row) => dot(row, U.data)),
    );
    const samples = [4, 1];
    const rows = samples.flatMap((n) => [0, 1, 2].map((k) => n * C + k));
    closeTo(
      (await oracle.kernel({ samples })).data,
      rows.flatMap((i) => rows.map((j) => K[i]![j]!)),
    );
    const squares = variables
      .flatMap((v) => Array.from(v.dataSync()))
      .map((_, i) => J.reduce((sum, row) => sum + row[i]! ** 2, 0));
    closeTo([await oracle.largestSquaredColumn()], [Math.max(...squares)]);
    const scaling = { min: 0.3, max: 2 };
    const D = squares.map((x) => Math.min(Math.max(x, 0.3), 2));
    const scaledK = gram(J.map((row) => row.map((x, i) => x / Math.sqrt(D[i]!))));
    closeTo((await oracle.kernel({ scaling })).data, scaledK.flat());
    closeTo(
      (await oracle.kernelProduct(U, { scaling })).data,
      scaledK.map((row) => dot(row, U.data)),
    );
    const w = (): number[] => variables.flatMap((v) => Array.from(v.dataSync()));
    const w0 = w();
    await oracle.pullback(U, { scaling });
    await oracle.move(0.125);
    await oracle.finish!();
    closeTo(
      w().map((x, i) => (x - w0[i]!) / 0.125),
      D.map((x, i) => J.reduce((sum, row, r) => sum + row[i]! * U.data[r]!, 0) / x),
    );
    let start = 0;
    for (const v of variables) {
      const value = tf.tensor(w0.slice(start, (start += v.size)), v.shape);
      v.assign(value);
      value.dispose();
    }
    oracle.dispose();
    // Little memory: blocks of outputs and of rows, and products by two passes.
    const frugal = compositeOracle({ outputs, loss, variables, memory: 64 });
    closeTo((await frugal.kernel()).data, K.flat());
    closeTo(
      (await frugal.kernelProduct(U)).data,
      K.map((row) => dot(row, U.data)),
    );
    closeTo((await frugal.kernel({ scaling })).data, scaledK.flat());
    frugal.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('modules, the displacement of the last step, and momentum', async () => {
    const { variables, outputs } = problems['one matrix at two layers']!();
    const modules = { inner: [variables[0]!], outer: [variables[1]!] };
    const oracle = compositeOracle({ outputs, loss, variables, modules });
    const w = (): Float64Array => Float64Array.from(variables.flatMap((v) => Array.from(v.dataSync())));
    expect((await oracle.displacementProduct()).data).toEqual(new Float64Array(N * C));
    const w0 = w();
    await oracle.pullback(U, { modules: ['outer'] });
    await oracle.move(0.3);
    await oracle.finish!();
    expect(w().subarray(0, d * d)).toEqual(w0.subarray(0, d * d));
    const J = explicitJacobian(outputs, variables);
    const inner = J.map((row) => row.subarray(0, d * d));
    closeTo((await oracle.kernel({ modules: ['inner'] })).data, gram(inner).flat());
    expect(await oracle.dimensions({ modules: ['inner'] })).toEqual({ samples: N, outputs: C, parameters: d * d });
    const w1 = w();
    const change = w1.map((x, i) => x - w0[i]!);
    closeTo(
      (await oracle.displacementProduct()).data,
      J.map((row) => dot(row, change)),
    );
    const { slope } = await oracle.pullback(U, { momentum: 0.5 });
    const direction = w1.map((_, i) => J.reduce((sum, row, r) => sum + row[i]! * U.data[r]!, 0.5 * change[i]!));
    const gL = (await oracle.lossGradient()).data;
    closeTo([slope], [J.reduce((sum, row, r) => sum + gL[r]! * dot(row, direction), 0)]);
    const along = (await oracle.probeOutputs(1e-2)).data;
    const here = (await oracle.outputs()).data;
    await oracle.move(1e-2);
    await oracle.finish!();
    closeTo((await oracle.outputs()).data, along);
    expect(along).not.toEqual(here);
    closeTo(
      w().map((x, i) => x - w1[i]!),
      direction.map((x) => 1e-2 * x),
    );
    // The inner matrix has not moved in the next step: its displacement is 0.
    await oracle.pullback(U, { modules: ['outer'] });
    await oracle.move(0);
    await oracle.finish!();
    expect((await oracle.displacementProduct()).data).toEqual(new Float64Array(N * C));
    oracle.dispose();
  });

  it.each(Object.keys(problems).filter((name) => !name.startsWith('a table')))(
    '%s: kernels of each module, of all outputs and along some',
    async (name) => {
      const { variables, outputs } = problems[name]!();
      const J = explicitJacobian(outputs, variables);
      const oracle = compositeOracle({ outputs, loss, variables, modules: { a: [variables[0]!], b: [variables[1]!] } });
      expect(await oracle.modules()).toEqual(['a', 'b']);
      const size = variables[0]!.size;
      const parts = [J.map((row) => row.subarray(0, size)), J.map((row) => row.subarray(size))];
      const kernels = await oracle.moduleKernels();
      const gL = (await oracle.lossGradient()).data;
      const along = await oracle.moduleKernels({ along: 'loss', modules: ['b', 'a'], samples: [3, 0] });
      parts.forEach((part, i) => {
        closeTo(kernels[i]!.data, gram(part).flat());
        const contracted = [3, 0].map((n) =>
          part[0]!.map((_, p) => [0, 1, 2].reduce((sum, k) => sum + gL[n * C + k]! * part[n * C + k]![p]!, 0)),
        );
        closeTo(along[1 - i]!.data, gram(contracted).flat());
      });
      oracle.dispose();
    },
  );

  it('several outputs, a frozen layer, and sample weights in the loss', async () => {
    const input = tf.input({ shape: [d] });
    const frozen = tf.layers.dense({ units: 6, activation: 'tanh', trainable: false });
    const hidden = tf.layers.dense({ units: 5, activation: 'tanh' }).apply(frozen.apply(input)) as tf.SymbolicTensor;
    const ends = [1, 2].map((units) => tf.layers.dense({ units }).apply(hidden) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: ends });
    const x = normal([N, d], 1);
    const weights = tf.tensor1d([1, 0, 2, 1, 3]);
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const outputs = (): tf.Tensor[] => model.apply(x) as tf.Tensor[];
    const oracle = compositeOracle({
      outputs,
      loss: (f) => {
        const [one, two] = f as tf.Tensor[];
        const each = tf.add(tf.sum(tf.square(one!), 1), tf.sum(tf.square(tf.sub(two!, 1)), 1));
        return tf.sum(tf.mul(each, weights)) as tf.Tensor;
      },
      variables,
    });
    const joined = (): tf.Tensor => tf.tidy(() => tf.concat(outputs(), 1));
    const K = gram(explicitJacobian(() => tf.concat(outputs(), 1), variables));
    closeTo((await oracle.kernel()).data, K.flat());
    const F = joined().dataSync();
    closeTo((await oracle.outputs()).data, F);
    const s = weights.dataSync();
    closeTo(
      (await oracle.lossGradient()).data,
      F.map((f, i) => 2 * s[Math.floor(i / 3)]! * (f - (i % 3 === 0 ? 0 : 1))),
    );
    closeTo(
      (await oracle.lossHessianFactor()).data,
      Array.from({ length: N * 9 }, (_, i) =>
        Math.floor(i / 3) % 3 === i % 3 ? Math.sqrt(2 * s[Math.floor(i / 9)]!) : 0,
      ),
    );
    oracle.dispose();
  });
});

describe('what a step costs', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const layers = (): Problem & { readonly matrices: tf.Variable[] } => {
    const matrices = [
      [20, 30],
      [30, 30],
      [30, 1],
    ].map((shape, i) => variable(shape, i + 1));
    const x = normal([N, 20], 9);
    return {
      matrices,
      variables: matrices,
      outputs: () => matrices.reduce((h, W, i) => (i === 0 ? mat(h, W) : mat(tf.tanh(h), W)), x),
    };
  };
  const products = (body: () => unknown): number => {
    const { runKernel } = engine();
    let count = 0;
    engine().runKernel = (name, ...rest) => {
      if (name === 'BatchMatMul') count++;
      return runKernel.call(engine(), name, ...rest);
    };
    try {
      body();
    } finally {
      engine().runKernel = runKernel;
    }
    return count;
  };

  it('one forward and one backward pass, two Gram matrices a layer, and the pullback a product a layer', () => {
    const { outputs, variables } = layers();
    const oracle = compositeOracle({ outputs, loss, variables });
    oracle.kernel();
    oracle.abandon!();
    // Gram matrices in float64 of sensitivities, 3, and inputs, 2: that of the data is known.
    const reads = vi.spyOn(tf.Tensor.prototype, 'dataSync');
    // Forward 3, backward 2.
    expect(products(() => oracle.kernel())).toBe(3 + 2);
    expect(reads).toHaveBeenCalledTimes(3 + 2);
    reads.mockRestore();
    expect(products(() => oracle.lossGradient())).toBe(0);
    expect(products(() => oracle.pullback({ rows: N, columns: 1, data: new Float64Array(N).fill(1) }))).toBe(3);
    expect(products(() => oracle.probe(0.1))).toBe(3);
    oracle.dispose();
    tf.disposeVariables();
  });

  it('nothing for frozen layers, and nothing below them', () => {
    const { outputs, matrices } = layers();
    const oracle = compositeOracle({ outputs, loss, variables: matrices, modules: { last: [matrices[2]!] } });
    oracle.kernel({ modules: ['last'] });
    oracle.abandon!();
    const reads = vi.spyOn(tf.Tensor.prototype, 'dataSync');
    // Forward 3, no backward pass; one layer's two Gram matrices in float64.
    expect(products(() => oracle.kernel({ modules: ['last'] }))).toBe(3);
    expect(reads).toHaveBeenCalledTimes(2);
    reads.mockRestore();
    oracle.dispose();
    tf.disposeVariables();
  });

  it('no Jacobian: what lives during a step is of the size of sensitivities', () => {
    const [samples, units] = [40, 200];
    const [W, V, x] = [variable([units, units], 1), variable([units, 1], 2), normal([samples, units], 3)];
    const outputs = (): tf.Tensor => mat(tf.tanh(mat(x, W)), V);
    const oracle = compositeOracle({ outputs, loss, variables: [W, V] });
    const method = gaussNewton({ gamma: 0.1, damping: 1e-2 });
    let state = method.init();
    ({ state } = run(method, oracle, state));
    const { peak } = liveBuffers(1, () => void ({ state } = run(method, oracle, state)));
    // Direction, gradient, trial point, squares to be summed, and some sensitivities; J has 40 copies of the parameters.
    expect(peak).toBeLessThan(6 * units * units);
    oracle.dispose();
    tf.disposeVariables();
  });
});

it('a kernel that throws, each of a step in turn, leaves everything as it was', async () => {
  await tf.setBackend('cpu');
  const { variables, outputs } = problems['one matrix at two layers']!();
  const w = (): number[] => variables.flatMap((v) => Array.from(v.dataSync()));
  const oracle = compositeOracle({ outputs, loss, variables });
  const method = gaussNewton({ curvature: 'loss', lambda: 1, damping: 1e-2, momentum: 0.5 });
  const { state } = run(method, oracle, method.init());
  const broken = new Error('broken');
  const before = [w(), tf.memory().numTensors] as const;
  for (let failAt = 0, failed = true; failed; failAt++) {
    const { runKernel } = engine();
    let passed = 0;
    engine().runKernel = (...kernel) => {
      if (passed++ === failAt) throw broken;
      return runKernel.apply(engine(), kernel);
    };
    failed = false;
    try {
      run(method, oracle, state);
    } catch (error) {
      expect(error).toBe(broken);
      failed = true;
    } finally {
      engine().runKernel = runKernel;
    }
    if (failed) {
      expect(w()).toEqual(before[0]);
      expect(tf.memory().numTensors, `kernel ${failAt}`).toBe(before[1]);
    } else expect(w()).not.toEqual(before[0]);
  }
  oracle.dispose();
  tf.disposeVariables();
});
