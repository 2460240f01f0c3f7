import { composite, denseNetwork, softmaxCrossEntropy, squaredError, type Loss } from '@overparam/backend-float64';
import { run, type CompositeOracle, type Matrix } from '@overparam/core';
import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeTo } from '../../test/close-to.ts';
import { compositeOracle, type TfjsCompositeOracle } from '../index.ts';

const [N, d, M, C] = [12, 4, 9, 3];
const numbers = (rows: number, columns: number, seed: number): Matrix => ({
  rows,
  columns,
  data: Float64Array.from(tf.tidy(() => tf.randomNormal([rows, columns], 0, 1, 'float32', seed).dataSync())),
});
const tensor = ({ rows, columns, data }: Matrix): tf.Tensor2D => tf.tensor2d(Float32Array.from(data), [rows, columns]);

/** The same network and loss, in float32 and in float64. */
function pair(
  name: 'squared error' | 'softmax cross-entropy',
  spread = 1,
): {
  tfjs: TfjsCompositeOracle;
  exact: CompositeOracle & { w: () => ArrayLike<number> };
  weights: () => number[];
} {
  const drawn = numbers(N, d, 1);
  // With little spread all samples are nearly the same one.
  const X = {
    ...drawn,
    data: Float64Array.from(drawn.data, (x, i) => Math.fround(spread * x + (1 - spread) * drawn.data[i % d]!)),
  };
  const shapes: [number, number][] = [
    [d, M],
    [1, M],
    [M, C],
    [1, C],
  ];
  const values = shapes.map(([rows, columns], i) => numbers(rows, columns, 10 + i));
  const variables = values.map((value, i) =>
    tf.variable(i % 2 === 0 ? tensor(value) : tf.tensor1d(Float32Array.from(value.data))),
  );
  const [W1, b1, W2, b2] = variables as [tf.Variable<tf.Rank.R2>, tf.Variable, tf.Variable<tf.Rank.R2>, tf.Variable];
  const labels = Array.from({ length: N }, (_, n) => n % C);
  const Y =
    name === 'squared error'
      ? numbers(N, C, 2)
      : {
          rows: N,
          columns: C,
          data: Float64Array.from({ length: N * C }, (_, i) => +(i % C === labels[Math.floor(i / C)])),
        };
  const [x, y] = [tensor(X), tensor(Y)];
  const tfjs = compositeOracle({
    variables,
    outputs: () => tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, W1), b1)) as tf.Tensor2D, W2), b2),
    loss: (F) =>
      name === 'squared error'
        ? tf.mul(tf.sum(tf.squaredDifference(F as tf.Tensor, y)), 0.5 / N)
        : tf.losses.softmaxCrossEntropy(y, F as tf.Tensor),
  });
  const model = denseNetwork({
    inputs: X,
    layers: [{ units: M, activation: 'tanh' }, { units: C }],
  });
  const loss: Loss = name === 'squared error' ? squaredError(Y) : softmaxCrossEntropy(labels, { classes: C } as never);
  const start = model.pack([
    { kernel: values[0]!, bias: values[1]!.data },
    { kernel: values[2]!, bias: values[3]!.data },
  ] as never);
  const exact = composite({ model, loss, start });
  return {
    tfjs,
    exact: exact as never,
    weights: () => variables.flatMap((variable) => Array.from(variable.dataSync())),
  };
}

describe.each(['cpu', 'wasm'])('a dense network on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  afterEach(() => tf.disposeVariables());

  it.each(['squared error', 'softmax cross-entropy'] as const)('%s: every answer as in float64', async (name) => {
    const { tfjs, exact } = pair(name);
    expect(await tfjs.dimensions()).toEqual(await exact.dimensions());
    closeTo([await tfjs.loss()], [await exact.loss()]);
    closeTo((await tfjs.outputs()).data, (await exact.outputs()).data);
    closeTo((await tfjs.lossGradient()).data, (await exact.lossGradient()).data);
    closeTo((await tfjs.kernel()).data, (await exact.kernel()).data);
    const samples = [3, 0, 7];
    closeTo((await tfjs.kernel({ samples })).data, (await exact.kernel({ samples })).data);
    const H = [await tfjs.lossHessianFactor(), await exact.lossHessianFactor()].map(squares);
    closeTo(H[0]!, H[1]!);
  });

  it.each([
    ['levenberg-marquardt', () => levenbergMarquardt()],
    ['gauss-newton', () => gaussNewton({ gamma: 0.5, damping: 1e-2 as never })],
  ] as const)('%s takes the same steps', (_, method) => {
    const { tfjs, exact } = pair('squared error');
    let [state, exactState] = [method().init(), method().init()] as [never, never];
    for (let k = 0; k < 3; k++) {
      const step = run(method() as never, tfjs as never, state) as never as {
        state: never;
        report: { value: number };
      };
      const exactStep = run(method() as never, exact as never, exactState) as typeof step;
      closeTo([step.report.value], [exactStep.report.value]);
      ({ state } = step);
      exactState = exactStep.state;
    }
  });

  it.each([undefined, 64])('sums Gram matrices in float64, with %s bytes', async (memory) => {
    const [n, wide] = [6, 500];
    const X = numbers(n, wide, 3);
    // Rows that nearly agree: the smallest eigenvalues are far below the rounding errors of float32.
    const data = Float32Array.from(X.data, (x, i) => X.data[i % wide]! + 1e-4 * x);
    const [x, w] = [tf.tensor2d(data, [n, wide]), tf.variable(tf.zeros([wide, 1]))];
    const made = compositeOracle({
      variables: [w],
      outputs: () => tf.matMul(x, w as never),
      loss: (F) => tf.sum(tf.square(F as tf.Tensor)),
      ...(memory && { memory }),
    });
    const gram = Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n) * wide, (at % n) * wide];
      let sum = 0;
      for (let k = 0; k < wide; k++) sum += data[i + k]! * data[j + k]!;
      return sum;
    });
    const K = (await made.kernel()).data;
    gram.forEach((value, at) => expect(Math.abs(K[at]! / value - 1)).toBeLessThan(1e-13));
    made.dispose();
    tf.dispose(x);
  });

  it('takes the step of float64 where the kernel is nearly singular', () => {
    const { tfjs, exact } = pair('squared error', 1e-4);
    const method = gaussNewton({ gamma: 1, damping: 1e-7 as never });
    const after = (subject: unknown): number => {
      const { state, report } = run(method, subject as never, method.init());
      return run(method, subject as never, state).report.value / report.value;
    };
    const [ours, theirs] = [after(tfjs), after(exact)];
    // What float32 weights and sensitivities leave; with Gram matrices summed in float32 it is 20.
    expect(Math.abs(ours / theirs - 1)).toBeLessThan(2e-3);
  });
});

/** S_n S_n^T for each block. */
function squares({ rows, columns, data }: Matrix): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    const other = i - (i % columns) + j;
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += data[i * columns + k]! * data[other * columns + k]!;
    return sum;
  });
}
