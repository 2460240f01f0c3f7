import { minimize, type MeasureOracle, type Particles } from '@overparam/core';
import { fromModel, measureOracle as tfjsOracle, toModel } from '@overparam/backend-tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import {
  euclidean,
  explicit,
  gaussian,
  measureOracle,
  measureProblem,
  neurons,
  onSphere,
  seeded,
  squared,
  squaredNorm,
  type ActivationName,
  type Measure,
} from '@overparam/wasserstein-flow';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';

const random = seeded(4);
const inputs = Array.from({ length: 24 }, () => [gaussian(random), gaussian(random), gaussian(random)]);
const target = inputs.map(([x, z]) => Math.max(0, x!) - Math.max(0, z!));
const problem = (activation: ActivationName, bias = false) =>
  measureProblem({
    features: neurons({ inputs, activation, bias }),
    loss: squared(target, { scale: 1 / 24 }),
    regularizer: squaredNorm(0.001),
    domain: euclidean(bias ? 4 : 3),
  });

const typed = ({ positions, weights }: Measure): Particles => ({
  positions: { rows: weights.length, columns: 3, data: Float64Array.from(positions.flat()) },
  weights: Float64Array.from(weights),
});

const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void => {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1e-2, ...Array.from(expected, Math.abs));
  for (let i = 0; i < actual.length; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(tolerance * scale);
};

describe.each(['cpu', 'wasm', 'useWasm'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'useWasm') await useWasm();
    else await tf.setBackend(backend);
  });

  const oracleOf = (activation: 'relu' | 'tanh', asynchronous = false): MeasureOracle => {
    const x = tf.keep(tf.tensor2d(inputs));
    const y = tf.keep(tf.tensor1d(target));
    return tfjsOracle({
      features: (points) => tf[activation](tf.matMul(points, x, false, true)) as tf.Tensor2D,
      loss: (outputs) => tf.div(tf.sum(tf.square(tf.sub(outputs, y))), 48) as tf.Scalar,
      asynchronous,
    });
  };
  const start = onSphere({ particles: 12, dimension: 3, radius: 1.5, seed: 5 });

  it.each(['relu', 'tanh'] as const)(
    '%s: variation is that in float64, at the particles and elsewhere',
    async (activation) => {
      const exact = measureOracle(problem(activation));
      const mu = typed(start);
      const points = { rows: 5, columns: 3, data: Float64Array.from({ length: 15 }, (_, i) => Math.sin(3 * i)) };
      for (const asynchronous of [false, true]) {
        const oracle = oracleOf(activation, asynchronous);
        const tensors = tf.memory().numTensors;
        for (const request of [{}, { points }]) {
          const [here, there] = [await oracle.variation(mu, request), exact.variation(mu, request)];
          expect(Math.abs(here.potential / there.potential - 1)).toBeLessThan(1e-5);
          near(here.values, there.values);
          near(here.gradients.data, there.gradients.data);
          expect([here.gradients.rows, here.gradients.columns]).toEqual([
            there.gradients.rows,
            there.gradients.columns,
          ]);
        }
        const alone = await oracle.variation(mu, { points: { rows: 0, columns: 3, data: new Float64Array(0) } });
        expect(alone.values.length).toBe(0);
        expect(tf.memory().numTensors).toBe(tensors);
      }
    },
  );

  it('a flow follows that in float64, and is invariant under duplication, permutation and rescaling to 1e-5', async () => {
    const exact = problem('relu');
    const oracle = oracleOf('relu');
    const end = async (from: Measure, asked: MeasureOracle): Promise<Measure> => {
      const flow = explicit(exact, { start: from, step: 0.1, watch: 1e-5 });
      return flow.measure((await minimize(flow, asked, { steps: 30 })).state);
    };
    const reference = await end(start, measureOracle(exact));
    const flowed = await end(start, oracle);
    near(flowed.positions.flat(), reference.positions.flat());
    near(flowed.weights, reference.weights);

    const twice = await end(
      { positions: [...start.positions, ...start.positions], weights: [...start.weights, ...start.weights].map((a) => a / 2) }, // prettier-ignore
      oracle,
    );
    near(twice.positions.slice(0, 12).flat(), flowed.positions.flat());
    near(twice.positions.slice(12).flat(), flowed.positions.flat());
    const backwards = await end(
      { positions: start.positions.toReversed(), weights: start.weights.toReversed() },
      oracle,
    );
    near(backwards.positions.toReversed().flat(), flowed.positions.flat());

    const c = 3;
    const scaled = {
      positions: start.positions.map((x) => x.map((v) => c * v)),
      weights: start.weights.map((a) => a / c),
    };
    const [one, two] = [await oracle.variation(typed(start)), await oracle.variation(typed(scaled))];
    expect(Math.abs(two.potential / one.potential - 1)).toBeLessThan(1e-5);
  });

  it('an error of the features leaves no tensor behind', () => {
    const oracle = tfjsOracle({
      features: (points) => {
        tf.square(points);
        throw new Error('out of order');
      },
      loss: (y) => tf.sum(y),
    });
    const tensors = tf.memory().numTensors;
    expect(() => oracle.variation(typed(start))).toThrowError('out of order');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('two-layer models', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  const L = tf.layers;
  const model = (units: number, useBias = true): tf.Sequential =>
    tf.sequential({
      layers: [
        L.dense({ units, activation: 'tanh', inputShape: [3], useBias, biasInitializer: 'randomNormal' }),
        L.dense({ units: 1, useBias, biasInitializer: 'randomNormal' }),
      ],
    });
  const predictions = (m: tf.Sequential): number[] =>
    tf.tidy(() => Array.from((m.predict(tf.tensor2d(inputs)) as tf.Tensor).dataSync()));

  it.each([true, false])('in and out again, with biases: %s', (useBias) => {
    const from = model(7, useBias);
    const { measure, activation, bias, outputBias } = fromModel(from);
    expect([activation, bias]).toEqual(['tanh', useBias]);
    expect(JSON.parse(JSON.stringify(measure))).toEqual(measure);
    // The measure is the model's function.
    const features = neurons({ inputs, activation: activation as ActivationName, bias });
    const positions = { rows: 7, columns: features.dimension, data: Float64Array.from(measure.positions.flat()) };
    const y = features.at(positions).integrate(Float64Array.from(measure.weights));
    near(predictions(from), y.map((v) => v + outputBias)); // prettier-ignore
    const to = model(7, useBias);
    toModel(measure, to, useBias ? { outputBias } : {});
    expect(predictions(to)).toEqual(predictions(from));
  });

  it('a hidden layer can be flowed: the loss of the model falls', async () => {
    const net = model(9);
    const { measure, bias, outputBias } = fromModel(net);
    const flow = explicit({ ...problem('tanh', bias), regularizer: squaredNorm(0) }, { start: measure });
    const loss = (): number => predictions(net).reduce((sum, v, n) => sum + (v - outputBias - target[n]!) ** 2, 0) / 48;
    const before = loss();
    const { state, report } = await minimize(flow, measureOracle(problem('tanh', bias)), { steps: 200 });
    toModel(flow.measure(state), net);
    expect(loss()).toBeCloseTo(report!.energyAfter!, 5);
    expect(loss()).toBeLessThan(0.1 * before);
  });

  it('refusals leave the model as it was', () => {
    const net = model(4);
    const before = predictions(net);
    const { measure } = fromModel(model(5));
    const code = (code: string): unknown => expect.objectContaining({ code });
    expect(() => toModel(measure, net)).toThrowError(code('SHAPE_MISMATCH'));
    const short = { positions: [[1], [1], [1], [1]], weights: [1, 1, 1, 1] };
    expect(() => toModel(short, net)).toThrowError(code('SHAPE_MISMATCH'));
    expect(() => toModel(fromModel(model(4, false)).measure, model(4, false), { outputBias: 1 })).toThrowError(
      code('SHAPE_MISMATCH'),
    );
    expect(predictions(net)).toEqual(before);
    const deep = tf.sequential({ layers: [L.dense({ units: 1, inputShape: [3] })] });
    expect(() => fromModel(deep)).toThrowError(code('NOT_TWO_LAYERS'));
    const wide = tf.sequential({ layers: [L.dense({ units: 3, inputShape: [3] }), L.dense({ units: 2 })] });
    expect(() => fromModel(wide)).toThrowError(code('NOT_TWO_LAYERS'));
    const squashed = tf.sequential({ layers: [L.dense({ units: 3, inputShape: [3] }), L.dense({ units: 1, activation: 'sigmoid' })] }); // prettier-ignore
    expect(() => fromModel(squashed)).toThrowError(code('NOT_TWO_LAYERS'));
  });
});
