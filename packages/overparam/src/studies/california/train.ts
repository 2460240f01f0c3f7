import { composite, denseNetwork, squaredError, type DenseNetwork } from '@overparam/backend-float64';
import { OverparamError, run } from '@overparam/core';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import * as tf from '@tensorflow/tfjs';
import { parseMethod, type MethodSpec } from '../../methods/method-spec.ts';
import { createTrainer } from '../../methods/registry.ts';
import { normal, permutation, random } from '../../training/random.ts';
import type { Working } from '../study.ts';
import { loadHousing, type Housing } from './data.ts';
import { isSecondOrder, secondOrderMethod, type CaliforniaSettings, type Regression } from './settings.ts';

export interface Measurement {
  readonly step: number;
  /** Of training, without the measuring. */
  readonly seconds: number;
  /** Root mean square errors, in 100,000 dollars. */
  readonly train: number;
  readonly test: number;
}

export interface RegressionResult {
  readonly measurements: readonly Measurement[];
  readonly parameters: number;
}

/** A training, as this study sees it. */
interface Trainer {
  /** How many steps it takes in all, and after how many it is measured. */
  readonly steps: number;
  readonly every: number;
  step(): void;
  parameters(): Float64Array;
  dispose(): void;
}

/** A network d-M-1 with tanh, the same start for all methods; squared error. */
export async function regress(
  { method, seed }: Regression,
  settings: CaliforniaSettings,
  { progress }: Working,
): Promise<RegressionResult | undefined> {
  const housing = await loadHousing(settings.data, settings.samples, seed);
  const networkOf = (inputs: Matrix): DenseNetwork =>
    denseNetwork({ inputs, layers: [{ units: settings.width, activation: 'tanh' }, { units: 1 }] });
  const network = networkOf(housing.X);
  const tested = networkOf(housing.testX);
  const error = (model: DenseNetwork, y: Float64Array, w: Float64Array): number => {
    const { data } = model.at(w).outputs;
    return Math.sqrt(y.reduce((sum, target, i) => sum + (data[i]! - target) ** 2, 0) / y.length);
  };
  const start = startOf(network, housing, settings.width, seed);
  const spec = parseMethod(method);
  const trainer = isSecondOrder(spec.name)
    ? secondOrder(spec, network, housing, start, settings)
    : byBatches(spec, network, housing, start, settings, seed);
  const measurements: Measurement[] = [];
  let seconds = 0;
  try {
    for (let step = 0; ; step++) {
      if (step % trainer.every === 0 || step === trainer.steps) {
        const w = trainer.parameters();
        const [train, test] = [error(network, housing.y, w), error(tested, housing.testY, w)];
        if (!Number.isFinite(train))
          throw new OverparamError('DIVERGED', `${method} diverged after ${step} steps: give it a shorter step.`);
        measurements.push({ step, seconds, train, test });
        const text = `step ${step}/${trainer.steps}  train ${train.toFixed(3)}  test ${test.toFixed(3)}`;
        if (!(await progress({ done: step / trainer.steps, text }))) return undefined;
      }
      if (step === trainer.steps) return { measurements, parameters: start.length };
      const began = performance.now();
      trainer.step();
      seconds += (performance.now() - began) / 1000;
    }
  } finally {
    trainer.dispose();
  }
}

/** Hidden weights from N(0, 1/d), biases from N(0, 1), and an output layer that begins with the targets' mean. */
function startOf(network: DenseNetwork, { X, y }: Housing, width: number, seed: number): Float64Array {
  const next = normal(random(1000 + seed));
  const draw = (count: number, deviation: number): Float64Array =>
    Float64Array.from({ length: count }, () => deviation * next());
  const d = X.columns;
  return network.pack([
    { kernel: matrix(d, width, draw(d * width, 1 / Math.sqrt(d))), bias: draw(width, 1) },
    {
      kernel: matrix(width, 1, draw(width, 1 / Math.sqrt(width))),
      bias: Float64Array.of(y.reduce((sum, value) => sum + value, 0) / y.length),
    },
  ]);
}

function secondOrder(
  spec: MethodSpec,
  network: DenseNetwork,
  { y }: Housing,
  start: Float64Array,
  { steps }: CaliforniaSettings,
): Trainer {
  const oracle = composite({ model: network, loss: squaredError(y), start });
  const method = secondOrderMethod(spec);
  let state = method.init();
  return {
    steps,
    every: 1,
    step: () => void ({ state } = run(method, oracle, state)),
    parameters: () => oracle.parameters(),
    dispose: () => undefined,
  };
}

function byBatches(
  spec: MethodSpec,
  network: DenseNetwork,
  { X, y }: Housing,
  start: Float64Array,
  { samples, batch, epochs }: CaliforniaSettings,
  seed: number,
): Trainer {
  const [hidden, output] = network.unpack(start);
  const variable = ({ rows, columns, data }: Matrix): tf.Variable =>
    tf.tidy(() => tf.variable(tf.tensor2d(Float32Array.from(data), [rows, columns])));
  const row = (data: Float64Array): Matrix => matrix(1, data.length, data);
  const parameters = [variable(hidden!.kernel), variable(row(hidden!.bias!)), variable(output!.kernel), variable(row(output!.bias!))]; // prettier-ignore
  const [W, b, v, c] = parameters as tf.Tensor[] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const inputs = tf.tensor2d(Float32Array.from(X.data), [X.rows, X.columns]);
  const targets = tf.tensor2d(Float32Array.from(y), [y.length, 1]);
  const trainer = createTrainer(spec, { parameters, batchesPerEpoch: samples / batch });
  const stepsPerEpoch = Math.ceil(samples / batch);
  let taken = 0;
  let order: Uint32Array = new Uint32Array();
  return {
    steps: epochs * stepsPerEpoch,
    every: stepsPerEpoch,
    step() {
      const within = taken % stepsPerEpoch;
      if (within === 0) order = permutation(samples, random(seed + taken / stepsPerEpoch));
      taken++;
      const numbers = [...order.subarray(within * batch, (within + 1) * batch)];
      const [x, t] = tf.tidy(() => [tf.gather(inputs, numbers), tf.gather(targets, numbers)] as const);
      const halfSquares = (): tf.Tensor =>
        tf.mul(0.5, tf.squaredDifference(tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, W), b)), v), c), t));
      trainer.step({
        samples: numbers,
        mean: () => tf.mean(halfSquares()),
        each: () => tf.reshape(halfSquares(), [-1]),
      });
      tf.dispose([x, t]);
    },
    parameters: () => Float64Array.from(parameters.flatMap((parameter) => [...parameter.dataSync()])),
    dispose() {
      trainer.dispose();
      tf.dispose([inputs, targets, ...parameters]);
    },
  };
}
