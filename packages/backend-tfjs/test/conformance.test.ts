import { observing } from '@overparam/core';
import {
  testBackend,
  testDirection,
  type AnyOracle,
  type MakeOracle,
  type Problem,
  type Subject,
  type Tensors,
} from '@overparam/conformance';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  amsgrad,
  compositeOracle,
  gradient,
  momentum,
  nesterov,
  oracle,
  type Direction,
  type Outputs,
} from '../src/index.ts';

/** The generator of the oracle that is being asked: each has one of its own. */
let draw = Math.random;

beforeAll(async () => {
  await tf.setBackend('cpu');
  vi.spyOn(Math, 'random').mockImplementation(() => draw());
});
afterAll(() => vi.restoreAllMocks());

function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A problem of the suite as tfjs's own: what it computes, and how to look at it. */
function built(problem: Problem) {
  const variables = problem.weights.map((W) => tf.tidy(() => tf.variable(tf.tensor2d(W as number[][]))));
  const [inputs, targets] = [problem.inputs, problem.targets].map((rows) => tf.tensor2d(rows as number[][]));
  const modules = Object.fromEntries(problem.modules.map((name, k) => [name, [variables[k]!]]));
  let samples: readonly number[] = problem.inputs.map((_, n) => n);
  let taken = samples;
  const rows = (of: tf.Tensor2D): tf.Tensor2D => tf.gather(of, [...taken]);
  const random = generator();
  const outputs = (): tf.Tensor2D => {
    taken = samples;
    let a = rows(inputs!);
    if (problem.noise) {
      const kept = tf.cast(tf.greater(tf.randomUniform<tf.Rank.R2>(a.shape, 0, 1), 0.5), 'float32');
      a = tf.mul(a, tf.mul(kept, 2));
    }
    variables.forEach((W, k) => {
      const z = tf.matMul(a, W as unknown as tf.Tensor2D);
      a = (k < variables.length - 1 ? tf.tanh(z) : z) as tf.Tensor2D;
    });
    return a;
  };
  /** The loss of each sample. */
  const losses = (of: tf.Tensor): tf.Tensor => tf.mul(0.5, tf.sum(tf.square(tf.sub(of, rows(targets!))), 1));
  return {
    variables,
    modules,
    outputs,
    losses,
    taken: () => taken,
    subject: (inner: AnyOracle & { dispose(): void }): Subject => ({
      oracle: observing<AnyOracle>(inner, { asked: () => void (draw = random) }),
      read: () => variables.flatMap((W) => Array.from(W.dataSync())),
      batch: (next) => void (samples = next),
      live: () => tf.memory().numTensors,
      dispose() {
        inner.dispose();
        tf.dispose([variables, inputs!, targets!]);
      },
    }),
  };
}

const along =
  (direction: Direction, asynchronous = false): MakeOracle =>
  (problem) => {
    const { variables, modules, outputs, losses, taken, subject } = built(problem);
    const sampleLosses = (): { samples: readonly number[]; losses: tf.Tensor } => {
      const each = losses(outputs());
      return { samples: taken(), losses: each };
    };
    const options = { variables, modules, direction, asynchronous, sampleLosses };
    return subject(oracle(() => tf.mean(losses(outputs())), options));
  };

const options = { runner: { describe, it }, precision: 'float32', noise: true, runs: 8 } as const;
const answers = ['moveAlong', 'moveExtragradient', 'moveHeavyBall', 'moveNesterov', 'sampleLosses'] as const;

testBackend(along('gradient'), { ...options, name: 'tfjs, gradient', answers });
testBackend(along('adam'), { ...options, name: 'tfjs, adam', answers });
testBackend(along('nesterov', true), { ...options, name: 'tfjs, nesterov, asynchronous', answers });

for (const asynchronous of [false, true])
  testBackend(
    (problem) => {
      const { variables, modules, outputs, losses, subject } = built(problem);
      const loss = (of: Outputs): tf.Tensor => tf.mean(losses(of as tf.Tensor));
      return subject(compositeOracle({ outputs, loss, variables, modules, asynchronous }));
    },
    {
      ...options,
      name: asynchronous ? 'tfjs, composite, asynchronous' : 'tfjs, composite',
      answers: ['kernel', 'kernelProduct', 'pullback', 'probeOutputs', 'displacementProduct', 'jacobian', 'sizes'],
    },
  );

const tensors: Tensors<tf.Tensor> = {
  make: (values) => tf.tensor1d([...values]),
  read: (tensor) => tensor.dataSync(),
  scope: (body) => void tf.tidy(body),
  live: () => tf.memory().numTensors,
};
for (const rule of [gradient(), momentum(), nesterov(), adam(), adagrad(), amsgrad()])
  testDirection(rule, { runner: options.runner, tensors });
// The decay of the weights may point uphill.
testDirection(adamw(), { runner: options.runner, tensors, descends: false });
