import { minimize, observing, run, type Question } from '@overparam/core';
import { ponos } from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { optimizer, oracle, type Direction } from '../index.ts';
import { engine } from '../recording/engine.ts';
import { seedRandom } from '../../test/seed-random.ts';

/** A network with all that a failed step could leave half done: dropout, statistics, moments. */
function training(): { loss: () => tf.Scalar; variables: tf.Variable[]; everything: () => number[] } {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [3], activation: 'relu' }),
      tf.layers.batchNormalization(),
      tf.layers.dropout({ rate: 0.3 }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const x = tf.randomNormal([8, 3], 0, 1, 'float32', 1);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 0, 1, 1, 0, 0, 1], 'int32'), 2));
  return {
    loss: () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar,
    variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
    everything: () => model.getWeights().flatMap((weight) => Array.from(weight.dataSync())),
  };
}

type Fault = (at: string) => void;

/** A training run, always the same one, and what a fault can hook on to. */
function session(direction: Direction, asynchronous = false) {
  seedRandom(1);
  const before = tf.memory().numTensors;
  const { loss, variables, everything } = training();
  const method = ponos();
  const hook: { fault: Fault } = { fault: () => undefined };
  const inner = oracle(
    () => {
      hook.fault('before the loss');
      const value = loss();
      hook.fault('after the loss');
      return value;
    },
    { variables, direction, asynchronous },
  );
  const isQuestion = ({ name }: Question): boolean => name !== 'abandon';
  const outer = observing(inner, {
    asked: (question) => isQuestion(question) && hook.fault('asked'),
    answered: (question) => isQuestion(question) && hook.fault('answered'),
  });
  let state = method.init();
  return {
    hook,
    method,
    oracle: outer,
    step: (): void => void ({ state } = run(method, outer, state)),
    stepUntilAborted: async (signal: AbortSignal): Promise<string> => {
      const result = await minimize(method, outer, { steps: 1, state, signal });
      state = result.state;
      return result.stopped;
    },
    /** Everything that a step changes. */
    snapshot: () => ({
      weights: everything(),
      // The names of the variables go on counting from one run to the next.
      saved: inner
        .save()
        .map(({ name, tensor }) => [
          name.split('/', 2).join('/'),
          Array.from(tensor.dataSync() as Iterable<unknown>, (value) =>
            typeof value === 'string' ? value.replaceAll(/"name":"\w+\/\w+"/g, '"name":""') : value,
          ),
        ]),
      state,
    }),
    /** How many tensors stay behind, beside the data. */
    end(): number {
      inner.dispose();
      tf.disposeVariables();
      vi.restoreAllMocks();
      return tf.memory().numTensors - before - 2;
    },
  };
}

type Snapshot = ReturnType<ReturnType<typeof session>['snapshot']>;
const questions = 50;

/** What the run looks like before its first step and after each, when nothing fails, up to so many questions. */
function undisturbed(direction: Direction): Snapshot[] {
  const made = session(direction);
  let asked = 0;
  made.hook.fault = (at) => {
    if (at === 'asked') asked++;
  };
  const snapshots = [made.snapshot()];
  while (asked < questions) {
    made.step();
    snapshots.push(made.snapshot());
  }
  expect(made.end()).toBe(0);
  return snapshots;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each<Direction>(['gradient', 'adam'])('a step along %s that fails is as if it had not been', (direction) => {
  const broken = new Error('broken');
  let expected: Snapshot[];
  beforeAll(() => {
    expected = undisturbed(direction);
  });

  // Each step fails at its first question, then at its second, ..., and goes through in the end.
  it.each(['asked', 'answered', 'before the loss', 'after the loss'])('%s: an exception', (place) => {
    const made = session(direction);
    for (let step = 1; step < expected.length; step++)
      for (let failAt = 0, failed = true; failed; failAt++) {
        let passed = 0;
        made.hook.fault = (at) => {
          if (at === place && passed++ === failAt) throw broken;
        };
        failed = false;
        try {
          made.step();
        } catch (error) {
          expect(error).toBe(broken);
          failed = true;
        }
        expect(made.snapshot()).toEqual(expected[failed ? step - 1 : step]);
        expect(failAt).toBeLessThan(20);
      }
    expect(made.end()).toBe(0);
  });

  it('aborted at any question, before the answer comes', async () => {
    const made = session(direction, true);
    for (let step = 1; step < expected.length; step++)
      for (let abortAt = 0, aborted = true; aborted; abortAt++) {
        const controller = new AbortController();
        let passed = 0;
        made.hook.fault = (at) => {
          if (at === 'asked' && passed++ === abortAt) controller.abort();
        };
        // A step whose move was asked is completed, as the core has it.
        aborted = (await made.stepUntilAborted(controller.signal)) === 'signal';
        expect(made.snapshot()).toEqual(expected[aborted ? step - 1 : step]);
      }
    expect(made.end()).toBe(0);
  });

  it('a kernel that throws, each of a step in turn', () => {
    const made = session(direction);
    made.step();
    for (let failAt = 0, failed = true; failed; failAt++) {
      const { runKernel } = engine();
      const before = tf.memory().numTensors;
      let passed = 0;
      engine().runKernel = (...kernel) => {
        if (passed++ === failAt) throw broken;
        return runKernel.apply(engine(), kernel);
      };
      failed = false;
      try {
        made.step();
      } catch (error) {
        expect(error).toBe(broken);
        failed = true;
      }
      engine().runKernel = runKernel;
      expect(made.snapshot()).toEqual(expected[failed ? 1 : 2]);
      if (failed && failAt > 0) expect(tf.memory().numTensors - before, `kernel ${failAt}`).toBe(0);
    }
    expect(made.end()).toBe(0);
  });

  it.each([NaN, Infinity, -Infinity])('a probe that gives %s is not accepted', (bad) => {
    const made = session(direction);
    for (let step = 0, probe = 0; step < 10; step++) {
      const { method } = made;
      let probes = 0;
      const spoilt = new Proxy(made.oracle, {
        get: (target, name) =>
          name === 'probe'
            ? (size: number) => (probes++ === probe % 3 ? bad : target.probe(size))
            : (Reflect.get(target, name) as unknown),
      });
      const { report } = run(method, spoilt, made.method.init());
      expect(report.valueAfter).not.toBe(bad);
      expect(made.snapshot().weights.every(Number.isFinite)).toBe(true);
      probe++;
    }
    expect(made.end()).toBe(0);
  });
});

describe('an optimizer', () => {
  it('is as before after a loss that throws, in a loop and in trainOnBatch', async () => {
    seedRandom(3);
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 2, inputShape: [3] }), tf.layers.batchNormalization()],
    });
    let fails = false;
    const made = optimizer(ponos(), { direction: 'adam' });
    model.compile({
      optimizer: made,
      loss: (truth, predicted) => {
        const loss = tf.losses.meanSquaredError(truth, predicted);
        if (fails) throw new Error('broken');
        return loss;
      },
    });
    const [x, y] = [tf.ones([4, 3]), tf.zeros([4, 2])];
    await model.trainOnBatch(x, y);
    const { state } = made;
    const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const saved = (await made.getWeights()).slice(1).map(({ tensor }) => Array.from(tensor.dataSync()));
    const before = tf.memory().numTensors;
    fails = true;
    await expect(model.trainOnBatch(x, y)).rejects.toThrow('broken');
    expect(made.state).toBe(state);
    expect(made.iterations).toBe(1);
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(weights);
    expect((await made.getWeights()).slice(1).map(({ tensor }) => Array.from(tensor.dataSync()))).toEqual(saved);
    expect(tf.memory().numTensors).toBe(before);
    fails = false;
    await model.trainOnBatch(x, y);
    expect(made.iterations).toBe(2);
  });
});
