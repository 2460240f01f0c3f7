import { run, runAsync, type Linearization, type LinearizeRequest } from '@overparam/core';
import { constantStep } from '@overparam/polyak-nonmonotone';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adagrad, adam, adamw, amsgrad, momentum, nesterov, optimizer, oracle, type Direction } from '../index.ts';

/** The d of one coordinate by a rule, and the part of it that the current gradient brings, in float64. */
interface Formula {
  readonly d: number;
  readonly fresh: number;
}

const momentumLike = (beta: number, ahead: boolean) => () => {
  let m = 0;
  return (g: number): Formula => {
    m = beta * m + g;
    return ahead ? { d: -(g + beta * m), fresh: -(1 + beta) * g } : { d: -m, fresh: -g };
  };
};
const adamLike = (largest: boolean, decay: number) => () => {
  let [m, v, u, t] = [0, 0, 0, 0];
  return (g: number, w: number): Formula => {
    t++;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    u = largest ? Math.max(u, v) : v;
    const scale = Math.sqrt(u / (1 - 0.999 ** t)) + 1e-8;
    return { d: -(m / (1 - 0.9 ** t) / scale + decay * w), fresh: (-0.1 * g) / scale };
  };
};
const adagradLike = () => {
  let v = 0;
  return (g: number): Formula => {
    v += g * g;
    const d = -g / (Math.sqrt(v) + 1e-8);
    return { d, fresh: d };
  };
};

const rules: readonly [string, Direction, () => (g: number, w: number) => Formula][] = [
  ['momentum', momentum({ beta: 0.9 }), momentumLike(0.9, false)],
  ['nesterov', nesterov({ beta: 0.9 }), momentumLike(0.9, true)],
  ['adam', adam(), adamLike(false, 0)],
  ['adamw', adamw({ weightDecay: 0.05 }), adamLike(false, 0.05)],
  ['amsgrad', amsgrad(), adamLike(true, 0)],
  ['adagrad', adagrad(), adagradLike],
];

/** Slopes whose signs turn after some steps, so that what is remembered points uphill. */
const slopes: readonly (readonly number[])[] = [
  [3, -200],
  [2.5, -150],
  [2, -180],
  [-0.5, 20],
  [-0.25, 10],
  [1, -40],
];
const start = [0.5, -1];
const step = 0.01;

/** A linear f = <a_k, w> at step k: its gradient is a_k everywhere. */
function turning(direction: Direction, asynchronous = false) {
  const w = tf.tidy(() => tf.variable(tf.tensor1d(start)));
  let a = slopes[0]!;
  const f = oracle(() => tf.sum(tf.mul(w, tf.tensor1d([...a]))), { variables: [w], direction, asynchronous });
  return {
    f,
    w: () => Array.from(w.dataSync()),
    pose: (k: number) => void (a = slopes[k]!),
    dispose: () => (f.dispose(), w.dispose()),
  };
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, xi, i) => sum + xi * y[i]!, 0);
const close = (found: readonly number[], expected: readonly number[]): void => {
  const size = Math.max(...expected.map(Math.abs), 1e-3);
  found.forEach((x, i) => expect(Math.abs(x - expected[i]!) / size).toBeLessThan(2e-5));
};

describe.each(['cpu', 'wasm'])('a direction that ascends on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'wasm') await useWasm();
    await tf.setBackend(backend);
  });
  afterEach(() => tf.disposeVariables());

  it.each(rules)('%s: gives way to its fresh part, which descends and has its units', (_, direction, rule) => {
    const { f, w, pose, dispose } = turning(direction);
    const each = start.map(rule);
    let here: readonly number[] = start;
    let fell = 0;
    slopes.forEach((a, k) => {
      pose(k);
      const made = each.map((next, i) => next(a[i]!, here[i]!));
      const own = made.map(({ d }) => d);
      const descends = dot(a, own) < 0;
      const d = descends ? own : made.map(({ fresh }) => fresh);
      const at = f.linearize() as Linearization;
      expect(at.fellBack ?? false).toBe(!descends);
      fell += Number(!descends);
      expect(at.slope).toBeLessThan(0);
      close([at.slope], [dot(a, d)]);
      close([at.squaredGradientNorm], [dot(a, a)]);
      // What the rule makes stays what it is.
      const along = f.direction('momentum') as { slope: number; squaredNorm: number };
      close([along.slope, along.squaredNorm], [dot(a, own), dot(own, own)]);
      close([f.probeAlong('momentum', step) as number], [dot(a, here.map((x, i) => x + step * own[i]!))]); // prettier-ignore
      close([f.probe(step) as number], [dot(a, here.map((x, i) => x + step * d[i]!))]); // prettier-ignore
      void f.move(step);
      void f.finish?.();
      here = here.map((x, i) => x + step * d[i]!);
      close(w(), here);
    });
    expect(fell > 0).toBe(_ !== 'adagrad');
    dispose();
  });

  it.each(rules)('%s: moveAlong takes -P m, even where it ascends', (_, direction, rule) => {
    const { f, w, pose, dispose } = turning(direction);
    const each = start.map(rule);
    let here: readonly number[] = start;
    slopes.forEach((a, k) => {
      pose(k);
      const own = each.map((next, i) => next(a[i]!, here[i]!).d);
      void f.linearize();
      void f.moveAlong('momentum', step);
      void f.finish?.();
      here = here.map((x, i) => x + step * own[i]!);
      close(w(), here);
    });
    dispose();
  });

  it.each(rules)('%s: is kept where the request says so', async (_, direction, rule) => {
    for (const asynchronous of [false, true])
      for (const request of [{ descend: false }, { descend: false, probes: false }] satisfies LinearizeRequest[]) {
        const { f, w, pose, dispose } = turning(direction, asynchronous);
        const each = start.map(rule);
        let here: readonly number[] = start;
        for (const [k, a] of slopes.entries()) {
          pose(k);
          const own = each.map((next, i) => next(a[i]!, here[i]!).d);
          const at = await f.linearize(request);
          expect(at.fellBack).toBeUndefined();
          close([at.value, at.slope], [dot(a, here), dot(a, own)]);
          await f.move(step);
          await f.finish?.();
          here = here.map((x, i) => x + step * own[i]!);
          close(w(), here);
        }
        dispose();
      }
  });

  it('falls back while it answers with promises, too', async () => {
    const { f, w, pose, dispose } = turning('adam', true);
    const twin = turning('adam');
    for (const k of slopes.keys()) {
      pose(k);
      twin.pose(k);
      expect(await f.linearize()).toEqual(twin.f.linearize());
      await f.move(step);
      await f.finish?.();
      void twin.f.move(step);
      void twin.f.finish?.();
      expect(w()).toEqual(twin.w());
    }
    dispose();
    twin.dispose();
  });

  it('falls back to -g where a rule of the user has no fresh part that descends', () => {
    const uphill: Direction = {
      name: 'uphill',
      options: {},
      remembers: [],
      next: ({ gradient }) => ({ momentum: tf.neg(gradient), preconditioned: () => tf.neg(gradient), memory: [] }),
    };
    const { f, w, dispose } = turning(uphill);
    expect(f.linearize()).toMatchObject({ slope: -dot(slopes[0]!, slopes[0]!), fellBack: true });
    void f.move(step);
    close(w(), start.map((x, i) => x - step * slopes[0]![i]!)); // prettier-ignore
    dispose();
  });
});

/** Uniform on [0, 1) by mulberry32. */
function uniform(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Features of sizes 1e-2 to 1e2, labels of size 1000: a network of 20-64-64-1 from a teacher with noise. */
function illScaled(seed: number) {
  const random = uniform(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const [rows, d, batch] = [1024, 20, 64];
  const teacher = Array.from({ length: d }, normal);
  const x = new Float32Array(rows * d);
  const y = new Float32Array(rows);
  for (let n = 0; n < rows; n++) {
    const z = Array.from({ length: d }, normal);
    z.forEach((value, i) => (x[n * d + i] = value * 10 ** (-2 + (4 * i) / (d - 1))));
    y[n] = 1000 * (Math.abs(dot(z, teacher)) + 0.1 * normal());
  }
  const parameter = (shape: number[], fan: number): tf.Variable => {
    const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * random() - 1) / Math.sqrt(fan));
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  };
  const [W1, b1, W2, b2, W3, b3] = [
    parameter([d, 64], d),
    parameter([64], d),
    parameter([64, 64], 64),
    parameter([64], 64),
    parameter([64, 1], 64),
    parameter([1], 64),
  ];
  const on = (rows: Float32Array, labels: Float32Array): tf.Scalar =>
    tf.tidy(() => {
      const layer = (h: tf.Tensor, W: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.matMul(h, W), b);
      const hidden = tf.relu(layer(tf.relu(layer(tf.tensor2d(rows, [labels.length, d]), W1, b1)), W2, b2));
      return tf.mean(tf.square(tf.sub(layer(hidden, W3, b3), tf.tensor2d(labels, [labels.length, 1]))));
    });
  return {
    variables: [W1, b1, W2, b2, W3, b3],
    loss: (k: number) => () => {
      const at = (k * batch) % rows;
      return on(x.subarray(at * d, (at + batch) * d), y.subarray(at, at + batch));
    },
    whole: () => tf.tidy(() => on(x, y).dataSync()[0]!),
  };
}

describe('a constant step on an ill-scaled task', () => {
  beforeAll(() => void useWasm());
  afterEach(() => tf.disposeVariables());

  it.each<[string, Direction, number, (step: number) => tf.Optimizer]>([
    ['adam', adam({ epsilon: 1e-7 }), 1e-3, (step) => tf.train.adam(step, 0.9, 0.999, 1e-7)],
    ['adam', adam({ epsilon: 1e-7 }), 1e-2, (step) => tf.train.adam(step, 0.9, 0.999, 1e-7)],
    ['momentum', momentum(), 1e-10, (step) => tf.train.momentum(step, 0.9)],
    ['nesterov', nesterov(), 1e-10, (step) => tf.train.momentum(step, 0.9, true)],
    ['gradient', 'gradient', 1e-9, (step) => tf.train.sgd(step)],
  ])('along %s follows the optimizer of tf.train', async (_, direction, step, theirs) => {
    await useWasm();
    const losses: number[] = [];
    for (const ours of [true, false]) {
      const { variables, loss, whole } = illScaled(7);
      const onReport = ({ fellBack }: { readonly fellBack: boolean }): void => expect(fellBack).toBe(false);
      const made = ours ? optimizer(constantStep({ step }), { direction, onReport }) : theirs(step);
      for (let k = 0; k < 200; k++) made.minimize(loss(k), false, variables);
      losses.push(whole());
      made.dispose();
      tf.dispose(variables);
    }
    expect(losses[0]! / losses[1]!).toBeGreaterThan(0.99);
    expect(losses[0]! / losses[1]!).toBeLessThan(1.01);
  });

  it('does meet batches on which -P m ascends', async () => {
    await useWasm();
    const { variables, loss } = illScaled(7);
    let k = 0;
    const f = oracle(() => loss(k)(), { variables, direction: 'adam', asynchronous: true });
    const ascents: number[] = [];
    for (; k < 200; k++) {
      const { slope } = await f.linearize({ descend: false });
      if (slope > 0) ascents.push(k);
      await f.move(1e-2);
      await f.finish?.();
    }
    expect(ascents.length).toBeGreaterThan(0);
    f.dispose();
  });

  it('asks for no descent and no probes', async () => {
    const { f, dispose } = turning('adam');
    const asked: unknown[] = [];
    const watched = { ...f, linearize: (request?: LinearizeRequest) => (asked.push(request), f.linearize(request)) };
    const method = constantStep();
    run(method, watched, method.init());
    await runAsync(method, watched, method.init());
    expect(asked).toEqual([
      { descend: false, probes: false },
      { descend: false, probes: false },
    ]);
    dispose();
  });
});
