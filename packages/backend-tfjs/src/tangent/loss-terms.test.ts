import { others, type Matrix } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeTo } from '../../test/close-to.ts';
import { gram } from '../../test/explicit-jacobian.ts';
import { oracle } from '../index.ts';

const [N, T, d, C] = [6, 4, 5, 3];
const normal = (shape: number[], seed: number, deviation = 0.7): tf.Tensor =>
  tf.randomNormal(shape, 0, deviation, 'float32', seed);
const variable = (shape: number[], seed: number, deviation?: number): tf.Variable =>
  tf.tidy(() => tf.variable(normal(shape, seed, deviation)));
const mm = (a: tf.Tensor, b: tf.Tensor, transposed = false): tf.Tensor => tf.matMul(a, b, false, transposed);
const hot = (rows: number): tf.Tensor =>
  tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(Array.from({ length: rows }, (_, n) => n % C), 'int32'), C), 'float32')); // prettier-ignore
/** The cross-entropy of each row. */
const crossEntropies = (y: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(logits as tf.Tensor2D)), -1));

interface Problem {
  readonly variables: readonly tf.Variable[];
  /** The losses that the loss is the mean of, in rows of samples. */
  readonly terms: () => tf.Tensor;
  /** What else is in the loss, of no sample. */
  readonly more?: () => tf.Scalar;
  readonly samples: number;
}

const causal = (deviation: number): Problem => {
  const variables = [[7, d], [d, d], [d, d], [d, d], [d, C]].map((shape, i) => variable(shape, i + 1, i === 4 ? deviation : undefined)); // prettier-ignore
  const [E, Q, K, V, O] = variables as [tf.Variable, tf.Variable, tf.Variable, tf.Variable, tf.Variable];
  const tokens = tf.tidy(() =>
    tf.tensor2d(
      Array.from({ length: N * T }, (_, i) => (i * i) % 7),
      [N, T],
      'int32',
    ),
  );
  const y = hot(N * T);
  const ahead = tf.tensor2d(Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0)), [T, T]); // prettier-ignore
  const terms = (): tf.Tensor => {
    const rows = tf.reshape(tf.gather(E, tokens), [N * T, d]);
    const [q, k, v] = [Q, K, V].map((W) => tf.reshape(mm(rows, W), [N, T, d])) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mixed = mm(tf.softmax(tf.add(mm(q, k, true), ahead)), v);
    return crossEntropies(y, mm(tf.add(rows, tf.reshape(mixed, [N * T, d])), O));
  };
  return { variables, terms, samples: N };
};

const problems: Record<string, () => Problem> = {
  'a dense network with a regularizer': () => {
    const variables = [variable([d, N], 1), variable([N], 2), variable([N, C], 3)];
    const [W, b, V] = variables as [tf.Variable, tf.Variable, tf.Variable];
    const [x, y] = [normal([N, d], 9), hot(N)];
    return {
      variables,
      terms: () => crossEntropies(y, mm(tf.tanh(tf.add(mm(x, W), b)), V)),
      more: () => tf.mul(0.1, tf.add(tf.sum(tf.square(W)), tf.sum(tf.abs(V)))) as tf.Scalar,
      samples: N,
    };
  },
  'causal attention: a sample is a sequence, not a token': () => causal(0.7),
  'a weighted loss of several outputs, and a convolution': () => {
    const variables = [variable([2, 2, 1, 2], 1), variable([18, 2], 2), variable([18], 3)];
    const [F, W, w] = variables as [tf.Variable, tf.Variable, tf.Variable];
    const [x, y] = [normal([N, 4, 4, 1], 9), normal([N, 2], 8)];
    const weights = tf.tensor1d([1, 2, 0.5, 1, 3, 1]);
    const terms = (): tf.Tensor => {
      const h = tf.reshape(tf.tanh(tf.conv2d(x as tf.Tensor4D, F as tf.Tensor as tf.Tensor4D, 1, 'valid')), [N, 18]);
      const one = tf.sum(tf.square(tf.sub(mm(h, W), y)), 1);
      return tf.mul(weights, tf.add(one, tf.square(tf.sum(tf.mul(h, w), 1))));
    };
    return { variables, terms, samples: N };
  },
  'experts: rows of samples come in another order': () => {
    const variables = [variable([d, 2], 1), variable([d, d], 2), variable([d, d], 3), variable([d, C], 4)];
    const [R, A, B, V] = variables as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
    const [x, y] = [normal([N, d], 9), hot(N)];
    const terms = (): tf.Tensor => {
      const likelihood = tf.softmax(mm(x, R) as tf.Tensor2D);
      const chosen = tf.cast(tf.oneHot(tf.argMax(likelihood, 1), 2), 'float32') as tf.Tensor2D;
      const queues = tf.transpose(chosen);
      // The later a row, the earlier its place in the queue.
      const place = tf.mul(tf.cumsum(queues, 1, true, true), queues);
      const outputs = [A, B].map((W, i) => {
        const places = tf.cast(tf.reshape(tf.slice(place, [i, 0], [1, N]), [N]), 'int32');
        const mine = tf.mul(tf.cast(tf.oneHot(places, N), 'float32'), tf.slice(chosen, [0, i], [N, 1]));
        return mm(mine, tf.tanh(mm(tf.matMul(mine, x, true, false), W)));
      });
      return crossEntropies(y, mm(tf.mul(tf.addN(outputs), tf.sum(tf.mul(likelihood, chosen), 1, true)), V));
    };
    return { variables, terms, samples: N };
  },
};

const lossOf =
  ({ terms, more }: Problem) =>
  (): tf.Scalar =>
    tf.tidy(() => (more ? tf.add(tf.mean(terms()), more()) : tf.mean(terms())) as tf.Scalar);

/** For each variable, the inner products of the gradients of the samples' parts of the loss. */
function explicitly({ variables, terms, samples }: Problem): number[][] {
  const rows = Array.from({ length: samples }, (_, n) => {
    const part = (): tf.Scalar => {
      const each = terms();
      return tf.div(tf.sum(tf.slice(tf.reshape(each, [samples, -1]), [n, 0], [1, -1])), each.size) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(part, [...variables]);
    const row = variables.map(({ name, size }) => Float64Array.from(grads[name]?.dataSync() ?? new Float32Array(size)));
    tf.dispose([value, grads]);
    return row;
  });
  return variables.map((_, v) => gram(rows.map((row) => row[v]!)).flat());
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => tf.disposeVariables());

describe.each(Object.keys(problems))('%s', (name) => {
  it.each([false, true])('kernels of each variable along the loss; asynchronous: %s', async (asynchronous) => {
    const problem = problems[name]!();
    const { variables, samples } = problem;
    const before = tf.memory().numTensors;
    const o = oracle(lossOf(problem), { variables, asynchronous });
    expect((await o.dimensions()).samples).toBe(samples);
    const kernels = await o.moduleKernels({ along: 'loss' });
    explicitly(problem).forEach((expected, v) => closeTo(kernels[v]!.data, expected));
    const [first] = await o.moduleKernels({ along: 'loss', modules: [variables[0]!.name], samples: [4, 0] });
    const whole = kernels[0]!;
    closeTo(
      (first as Matrix).data,
      [4, 0].flatMap((n) => [4, 0].map((m) => whole.data[n * samples + m]!)),
    );
    // The step goes on with the same recording.
    const { value } = await o.linearize();
    closeTo([value], [lossOf(problem)().dataSync()[0]!]);
    await o.abandon!();
    const { kernels: spent, forward } = await o.work();
    expect(spent > 0 && forward > 0).toBe(true);
    o.dispose();
    expect(tf.memory().numTensors - before).toBe(1);
  });
});

describe('samples', () => {
  const codeOf = async (body: () => unknown): Promise<unknown> => {
    try {
      await body();
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
    return undefined;
  };

  it('that act on one another are an error: batch normalization in training, a contrastive loss', async () => {
    const [W, V] = [variable([d, d], 1), variable([d, d], 2)];
    const x = normal([N, d], 9);
    const normalized = (): tf.Scalar => {
      const h = mm(x, W);
      const { mean, variance } = tf.moments(h, 0);
      return tf.mean(tf.square(mm(tf.div(tf.sub(h, mean), tf.sqrt(tf.add(variance, 1e-3))), V))) as tf.Scalar;
    };
    const contrastive = (): tf.Scalar => {
      const z = mm(tf.tanh(mm(x, W)), V);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.eye(N), tf.logSoftmax(mm(z, z, true) as tf.Tensor2D)), 1))) as tf.Scalar;
    };
    for (const loss of [normalized, contrastive]) {
      const o = oracle(() => tf.tidy(loss), { variables: [W, V] });
      expect(await codeOf(() => o.moduleKernels({ along: 'loss' }))).toBe('SAMPLES_COUPLED');
      // Training goes on.
      await o.linearize();
      await o.move(0.01);
      await o.finish!();
      o.dispose();
    }
  });

  it('are not found in a loss of parameters alone, nor in one that reads values back; other directions than the loss are refused', async () => {
    const W = variable([N, d], 1);
    const alone = oracle(() => tf.tidy(() => tf.sum(tf.square(W)) as tf.Scalar), { variables: [W] });
    expect(await codeOf(() => alone.moduleKernels({ along: 'loss' }))).toBe('NO_SAMPLES');
    expect(await codeOf(() => alone.moduleKernels())).toBe('BAD_OPTION');
    const x = normal([N, N], 3);
    const reads = oracle(() => tf.tidy(() => {
      const h = mm(x, W);
      h.dataSync();
      return tf.mean(tf.square(h)) as tf.Scalar;
    }), { variables: [W] }); // prettier-ignore
    expect(await codeOf(() => reads.moduleKernels({ along: 'loss' }))).toBe('NOT_REPLAYABLE');
    alone.dispose();
    reads.dispose();
  });

  it('are as many as are said, where they can be', async () => {
    const problem = problems['a dense network with a regularizer']!();
    const { variables } = problem;
    const halves = oracle(lossOf(problem), { variables, samples: () => N / 2 });
    const single = oracle(lossOf(problem), { variables });
    const kernels = (await single.moduleKernels({ along: 'loss' }))[0]!.data;
    const [pairs] = await halves.moduleKernels({ along: 'loss' });
    expect(pairs!.rows).toBe(N / 2);
    closeTo([pairs!.data[1]!], [kernels[2]! + kernels[3]! + kernels[N + 2]! + kernels[N + 3]!]);
    const wrong = oracle(lossOf(problem), { variables, samples: 4 });
    expect(await codeOf(() => wrong.moduleKernels({ along: 'loss' }))).toBe('NO_SAMPLES');
    for (const one of [halves, single, wrong]) one.dispose();
  });

  it('are told apart again once derivatives do not vanish', async () => {
    const problem = causal(0);
    const { variables } = problem;
    const o = oracle(lossOf(problem), { variables });
    const O = variables[4]!;
    // All derivatives below the output vanish: nothing shows that tokens act on one another.
    expect((await o.dimensions()).samples).toBeLessThanOrEqual(N);
    await o.abandon!();
    O.assign(normal([d, C], 3));
    expect((await o.dimensions()).samples).toBe(N);
    await o.abandon!();
    o.dispose();
  });

  it('that are asked for after a step has begun on some modules are of these alone', async () => {
    const problem = problems['a dense network with a regularizer']!();
    const { variables } = problem;
    const o = oracle(lossOf(problem), { variables, modules: { top: [variables[2]!] } });
    await o.linearize({ modules: ['top'] });
    const [top] = await o.moduleKernels({ along: 'loss', modules: ['top'] });
    closeTo(top!.data, explicitly(problem)[2]!);
    expect(await codeOf(() => o.moduleKernels({ along: 'loss', modules: [others] }))).toBe('NOT_LINEARIZED');
    o.dispose();
  });
});
