import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { oracle, type Direction, type TfjsOracle } from '../index.ts';
import { seedRandom } from '../../test/seed-random.ts';

/** Two weights and a bias, with a nonlinearity. */
function problem(): { loss: () => tf.Scalar; variables: tf.Variable[] } {
  const x = tf.randomNormal([7, 4], 0, 1, 'float32', 1);
  const y = tf.randomNormal([7, 3], 0, 1, 'float32', 2);
  const variables = [
    tf.variable(tf.randomNormal([4, 5], 0, 1, 'float32', 3)),
    tf.variable(tf.randomNormal([5], 0, 1, 'float32', 4)),
    tf.variable(tf.randomNormal([5, 3], 0, 1, 'float32', 5)),
  ];
  const [a, b, c] = variables as [tf.Variable, tf.Variable, tf.Variable];
  const loss = (): tf.Scalar =>
    tf
      .matMul(tf.tanh(tf.add(tf.matMul(x, a as never), b)), c as never)
      .sub(y)
      .square()
      .mean();
  return { loss, variables };
}

const flat = (tensors: readonly tf.Tensor[]): number[] => tensors.flatMap((tensor) => Array.from(tensor.dataSync()));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const gradientsOf = (loss: () => tf.Scalar, variables: tf.Variable[]): number[] =>
  tf.tidy(() => {
    const { grads } = tf.variableGrads(loss, variables);
    return flat(variables.map(({ name }) => grads[name]!));
  });
const put = (variables: tf.Variable[], values: number[]): void => {
  let at = 0;
  for (const variable of variables) {
    variable.assign(tf.tensor(values.slice(at, at + variable.size), variable.shape));
    at += variable.size;
  }
};
const close = (a: readonly number[], b: readonly number[], digits = 5): void => {
  expect(a).toHaveLength(b.length);
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, digits));
};
const linearize = (o: TfjsOracle) =>
  o.linearize() as Exclude<ReturnType<TfjsOracle['linearize']>, PromiseLike<unknown>>;

describe.each(['cpu', 'wasm'])('the questions on %s', (backend) => {
  let o: TfjsOracle | undefined;
  let before = 0;
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    vi.restoreAllMocks();
    o?.dispose();
    o = undefined;
    tf.disposeVariables();
    tf.engine().endScope();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('linearize: f, <g,d> and |g|^2 of tf.variableGrads', () => {
    const { loss, variables } = problem();
    o = oracle(loss, { variables });
    const g = gradientsOf(loss, variables);
    const { value, slope, squaredGradientNorm, fellBack } = linearize(o);
    expect(value).toBe(loss().dataSync()[0]);
    expect(squaredGradientNorm / dot(g, g)).toBeCloseTo(1, 6);
    expect(slope).toBe(-squaredGradientNorm);
    expect(fellBack).toBeUndefined();
  });

  it.each<Direction>(['gradient', 'adam', 'momentum'])(
    'probe: finite differences agree with the slope along %s',
    (direction) => {
      const { loss, variables } = problem();
      o = oracle(loss, { variables, direction });
      const { slope } = linearize(o);
      const h = 1e-3;
      const difference = ((o.probe(h) as number) - (o.probe(-h) as number)) / (2 * h);
      expect(difference / slope).toBeCloseTo(1, 1);
    },
  );

  it('probe leaves w where it is; move takes it to w + step d', () => {
    const { loss, variables } = problem();
    o = oracle(loss, { variables });
    const w = flat(variables);
    const g = gradientsOf(loss, variables);
    linearize(o);
    const there = o.probe(0.25);
    expect(flat(variables)).toEqual(w);
    void o.move(0.25);
    expect(flat(variables)).toEqual(w.map((x, i) => Math.fround(x - 0.25 * g[i]!)));
    expect(loss().dataSync()[0]).toBe(there);
  });

  it('never evaluates the same point twice, and move takes the point of the last probe', async () => {
    const { loss, variables } = problem();
    o = oracle(loss, { variables });
    linearize(o);
    const kernels = async (body: () => void): Promise<string[]> =>
      (await tf.profile(() => (body(), undefined as never))).kernels.map(({ name }) => name);
    const first = await kernels(() => o!.probe(0.5));
    expect(first).toContain('Tanh');
    expect(await kernels(() => o!.probe(0.5))).toEqual([]);
    expect(new Set(await kernels(() => o!.move(0.5)))).toEqual(new Set(['Identity']));
  });

  it('does not compute again what does not depend on the variables', async () => {
    const [w, frozen] = [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(3), false)];
    const loss = (): tf.Scalar => tf.mul(tf.exp(tf.sin(frozen)), tf.square(w)) as tf.Scalar;
    o = oracle(loss, { variables: [w] });
    linearize(o);
    const { kernels } = await tf.profile(() => (o!.probe(0.1), undefined as never));
    expect(kernels.map(({ name }) => name)).toEqual(['FusedBatchNorm', 'Square', 'Multiply']);
  });

  it('direction, probeAlong, moveAlong: -g, -P g and -P m', () => {
    const { loss, variables } = problem();
    o = oracle(loss, { variables, direction: 'adam' });
    const start = gradientsOf(loss, variables);
    linearize(o);
    void o.move(0.01);
    const g = gradientsOf(loss, variables);
    const w = flat(variables);
    const m = g.map((x, i) => (0.9 * 0.1 * start[i]! + 0.1 * x) / (1 - 0.9 ** 2));
    const v = g.map((x, i) => (0.999 * 0.001 * start[i]! ** 2 + 0.001 * x * x) / (1 - 0.999 ** 2));
    const P = v.map((x) => 1 / (Math.sqrt(x) + 1e-8));
    const directions = {
      gradient: g.map((x) => -x),
      preconditioned: g.map((x, i) => -P[i]! * x),
      momentum: m.map((x, i) => -P[i]! * x),
    };
    const { slope } = linearize(o);
    expect(slope / dot(g, directions.momentum)).toBeCloseTo(1, 3);
    for (const [name, d] of Object.entries(directions) as [keyof typeof directions, number[]][]) {
      const summary = o.direction(name) as { slope: number; squaredNorm: number };
      expect(summary.slope / dot(g, d)).toBeCloseTo(1, 3);
      expect(summary.squaredNorm / dot(d, d)).toBeCloseTo(1, 3);
      const probed = o.probeAlong(name, 0.1) as number;
      put(
        variables,
        w.map((x, i) => x + 0.1 * d[i]!),
      );
      expect(loss().dataSync()[0]).toBeCloseTo(probed, 4);
      put(variables, w);
    }
    void o.moveAlong('preconditioned', 0.1);
    close(
      flat(variables),
      w.map((x, i) => x + 0.1 * directions.preconditioned[i]!),
      4,
    );
  });

  it('probeGradient and moveExtragradient: the gradient at the trial point', () => {
    const { loss, variables } = problem();
    o = oracle(loss, { variables });
    const w = flat(variables);
    const g = gradientsOf(loss, variables);
    linearize(o);
    const at = o.probeGradient(0.3) as Exclude<ReturnType<TfjsOracle['probeGradient']>, PromiseLike<unknown>>;
    expect(flat(variables)).toEqual(w);
    put(
      variables,
      w.map((x, i) => Math.fround(x - Math.fround(Math.fround(0.3) * g[i]!))),
    );
    const there = gradientsOf(loss, variables);
    expect(at.value).toBeCloseTo(loss().dataSync()[0]!, 6);
    put(variables, w);
    expect(at.slope).toBeCloseTo(-dot(there, g), 4);
    expect(at.squaredGradientNorm).toBeCloseTo(dot(there, there), 4);
    const change = there.map((x, i) => x - g[i]!);
    expect(at.squaredGradientChange).toBeCloseTo(dot(change, change), 4);
    void o.moveExtragradient(0.3);
    close(
      flat(variables),
      w.map((x, i) => x - 0.3 * there[i]!),
    );
  });

  it('keeps custom gradients, at w and at a trial point', () => {
    // Rounds forwards, lets the gradient through backwards; made outside of the loss, as tfjs's documentation does.
    const straight = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor]);
      return { value: tf.round(x as tf.Tensor), gradFunc: (dy, [saved]) => tf.mul(dy, tf.add(tf.abs(saved!), 1)) };
    });
    const w = tf.variable(tf.tensor1d([0.3, 1.2, -2.6]));
    const loss = (): tf.Scalar => {
      const logits = tf.add(straight(tf.mul(w, 2)), w);
      const cross = tf.losses.softmaxCrossEntropy(tf.tensor2d([[0, 1, 0]]), tf.reshape(logits, [1, 3]));
      return tf.add(cross, tf.mean(tf.logSoftmax(w).square())) as tf.Scalar;
    };
    o = oracle(loss, { variables: [w] });
    const g = gradientsOf(loss, [w]);
    const { squaredGradientNorm } = linearize(o);
    expect(squaredGradientNorm).toBeCloseTo(dot(g, g), 5);
    const at = o.probeGradient(0.2) as { squaredGradientNorm: number; slope: number };
    const here = flat([w]);
    put(
      [w],
      here.map((x, i) => x - 0.2 * g[i]!),
    );
    const there = gradientsOf(loss, [w]);
    expect(at.squaredGradientNorm).toBeCloseTo(dot(there, there), 4);
    expect(at.slope).toBeCloseTo(-dot(there, g), 4);
    put([w], here);
    void o.moveExtragradient(0.2);
    close(
      flat([w]),
      here.map((x, i) => x - 0.2 * there[i]!),
    );
  });

  it('differentiates a loss with a gradient in it, through outputs that tfjs saves too', () => {
    const w = tf.variable(tf.tensor1d([0.5, -1]));
    // h(x) = (x tanh x)' = tanh x + x sech^2 x, and f = sum h^2.
    const loss = (): tf.Scalar => tf.sum(tf.square(tf.grad((x) => tf.sum(tf.mul(tf.tanh(x), x)))(w))) as tf.Scalar;
    o = oracle(loss, { variables: [w] });
    const g = [0.5, -1].map((x) => {
      const [t, s] = [Math.tanh(x), 1 - Math.tanh(x) ** 2];
      return 2 * (t + x * s) * (2 * s - 2 * x * s * t);
    });
    expect(linearize(o).squaredGradientNorm).toBeCloseTo(dot(g, g), 4);
    void o.move(0.1);
    close(flat([w]), [0.5 - 0.1 * g[0]!, -1 - 0.1 * g[1]!]);
  });

  it('moveHeavyBall and moveNesterov: extrapolation from the points before', () => {
    const [step, momentum, tau] = [0.1, 0.6, -0.4];
    const { loss, variables } = problem();
    o = oracle(loss, { variables });
    const start = flat(variables);
    let [w, previous] = [start, start];
    for (let k = 0; k < 3; k++) {
      const g = gradientsOf(loss, variables);
      linearize(o);
      void o.moveHeavyBall(step, momentum);
      [w, previous] = [w.map((x, i) => x - step * g[i]! + momentum * (x - previous[i]!)), w];
      close(flat(variables), w);
    }
    o.dispose();
    o = oracle(loss, { variables });
    put(variables, start);
    w = start;
    let y = start;
    for (let k = 0; k < 3; k++) {
      const g = gradientsOf(loss, variables);
      linearize(o);
      void o.moveNesterov(step, tau);
      const next = w.map((x, i) => x - step * g[i]!);
      w = next.map((x, i) => (1 - tau) * x + tau * y[i]!);
      y = next;
      close(flat(variables), w);
    }
  });

  it('sampleLosses: on the same randomness, moving no statistics', () => {
    seedRandom(5);
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 6, inputShape: [4] }),
        tf.layers.batchNormalization(),
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    const x = tf.randomNormal([9, 4], 0, 1, 'float32', 1);
    const losses = (): tf.Tensor => tf.square(tf.squeeze(model.apply(x, { training: true }) as tf.Tensor));
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const samples = Array.from({ length: 9 }, (_, i) => 100 + i);
    const asked = oracle(() => tf.mean(losses()), { variables, sampleLosses: () => ({ samples, losses: losses() }) });
    o = asked;
    const { value } = linearize(o);
    const statistics = flat(model.layers[1]!.getWeights());
    const answer = asked.sampleLosses() as { samples: number[]; losses: number[] };
    expect(answer.samples).toEqual(samples);
    expect(answer.losses.reduce((sum, loss) => sum + loss, 0) / 9).toBeCloseTo(value, 5);
    expect(flat(model.layers[1]!.getWeights())).toEqual(statistics);
  });

  it('linearize of some modules: the others stay', () => {
    const { loss, variables } = problem();
    const [a, b, c] = variables as [tf.Variable, tf.Variable, tf.Variable];
    o = oracle(loss, { variables, modules: { first: [a, b], last: [c] } });
    const g = gradientsOf(loss, [c]);
    const start = flat([a, b]);
    expect((o.linearize({ modules: ['last'] }) as { slope: number }).slope).toBeCloseTo(-dot(g, g), 5);
    void o.move(0.1);
    expect(flat([a, b])).toEqual(start);
    expect(() => o!.linearize({ modules: ['middle'] })).toThrow(
      /modules is "middle": it takes names among first, last/,
    );
  });

  it('a variable that the loss does not depend on stays, and a loss may be a variable', () => {
    const [w, other] = [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(3))];
    o = oracle(() => w as unknown as tf.Scalar, { variables: [w, other] });
    expect(linearize(o)).toEqual({ value: 2, slope: -1, squaredGradientNorm: 1 });
    expect(o.probe(0.5)).toBe(1.5);
    expect(o.probeGradient(0.5)).toEqual({ value: 1.5, slope: -1, squaredGradientNorm: 1, squaredGradientChange: 0 });
    void o.move(0.5);
    expect(flat([w, other])).toEqual([1.5, 3]);
  });

  it('a direction that does not descend gives way to -g, and says so', () => {
    const w = tf.variable(tf.scalar(1));
    let slope = 1;
    o = oracle(() => tf.mul(w, slope) as tf.Scalar, { variables: [w], direction: 'momentum' });
    expect(linearize(o)).toEqual({ value: 1, slope: -1, squaredGradientNorm: 1 });
    void o.move(0);
    slope = -0.5;
    expect(linearize(o)).toEqual({ value: -0.5, slope: -0.25, squaredGradientNorm: 0.25, fellBack: true });
    void o.move(1);
    expect(flat([w])).toEqual([1.5]);
  });

  it('answers with promises when asynchronous, and the same numbers', async () => {
    const { loss, variables } = problem();
    const start = flat(variables);
    o = oracle(loss, { variables, direction: 'adam' });
    const expected = [
      linearize(o),
      o.probe(0.1),
      o.direction('momentum'),
      o.probeGradient(0.2),
      (void o.move(0.1), flat(variables)),
    ];
    o.dispose();
    put(variables, start);
    o = oracle(loss, { variables, direction: 'adam', asynchronous: true });
    const linearized = o.linearize();
    expect(linearized).toBeInstanceOf(Promise);
    expect([
      await linearized,
      await o.probe(0.1),
      await o.direction('momentum'),
      await o.probeGradient(0.2),
      (await o.move(0.1), flat(variables)),
    ]).toEqual(expected);
  });
});
