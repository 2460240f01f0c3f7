import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../session/backend.ts';
import { batchOf, crossEntropies, crossEntropy } from './batch.ts';
import { measure } from './measure.ts';
import { countParameters, createModel, hiddenWidths } from './model.ts';
import { emptyTracing, traced } from './trace.ts';
import { tinyTask } from '../../test/tiny-task.ts';

beforeAll(() => startBackend('cpu'));

describe('createModel', () => {
  it.each(['linear', 'mlp', 'mlp-7', 'mlp-7-5'])(
    '%s has as many parameters as it says, within +-1/sqrt(inputs)',
    (name) => {
      const before = tf.memory().numTensors;
      const model = createModel(name, 6, 3, 0);
      expect(model.parameters.reduce((sum, { size }) => sum + size, 0)).toBe(countParameters(name, 6, 3));
      const inputs = [6, ...hiddenWidths(name)];
      const perLayer = name === 'linear' ? 1 : 2;
      model.parameters.forEach((parameter, i) => {
        const bound = 1 / Math.sqrt(inputs[Math.floor(i / perLayer)]!);
        const values = Float32Array.from(parameter.dataSync());
        expect(values.every((value) => Math.abs(value) <= bound)).toBe(true);
        if (values.length > 20)
          expect(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeGreaterThan(0.7 * bound);
      });
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('lstm-6 has as many parameters as it says, and a gradient in each', () => {
    const before = tf.memory().numTensors;
    const model = createModel('lstm-6', 4, 5, 0);
    expect(model.parameters.reduce((sum, { size }) => sum + size, 0)).toBe(countParameters('lstm-6', 4, 5));
    const inputs = tf.tensor2d([0, 1, 2, 3, 4, 0, 1, 1], [2, 4]);
    const targets = tf.tensor2d([0, 1, 0, 0, 0, 0, 0, 0, 0, 1], [2, 5]);
    const { value, grads } = tf.variableGrads(() => crossEntropy(targets, model.logits(inputs)), [...model.parameters]);
    expect(Object.values(grads).every((g) => g.dataSync().some((x) => x !== 0))).toBe(true);
    tf.dispose([value, grads, inputs, targets]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is the mlp of the paper by default: 535,818 parameters on images', () => {
    expect(countParameters('mlp', 784, 10)).toBe(535_818);
  });

  it.each(['', 'mlp-', 'mlp-0', 'mlp-5-', 'mlp-x', 'resnet'])('refuses %j', (name) => {
    expect(() => hiddenWidths(name)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});

describe('measure', () => {
  it.each([2, 3])('agrees with tfjs for %i classes', (classes) => {
    const task = tinyTask({ classes });
    const model = createModel('mlp-8', task.features, classes === 2 ? 1 : classes, 5);
    const { loss, accuracy } = measure(model, task.train);
    const all = Uint32Array.from({ length: task.train.count }, (_, i) => i);
    const [expected, right, mean] = tf.tidy(() => {
      const { inputs, targets } = batchOf(task, task.train, all);
      const logits = model.logits(inputs);
      const answers = classes === 2 ? tf.greater(logits, 0).as1D().toInt() : tf.argMax(logits, 1);
      const hits = tf.equal(answers.toInt(), tf.tensor1d(Int32Array.from(task.train.labels)));
      return [crossEntropy(targets, logits), tf.mean(hits.toFloat()), tf.mean(crossEntropies(targets, logits))].map(
        (value) => value.dataSync()[0]!,
      ) as [number, number, number];
    });
    expect(loss).toBeCloseTo(expected, 5);
    expect(mean).toBeCloseTo(expected, 5);
    expect(accuracy).toBeCloseTo(right, 6);
    model.dispose();
  });

  it('keeps losses far below the last digit of 1', () => {
    const logits = (values: number[]) => ({
      parameters: [],
      logits: () => tf.tensor2d([values]),
      dispose: () => undefined,
    });
    const sample = { count: 1, inputs: new Float32Array(1), labels: Uint8Array.of(1) };
    expect(measure(logits([0, 45]), sample).loss).toBeCloseTo(Math.exp(-45), 30);
    expect(measure(logits([45]), sample).loss).toBeCloseTo(Math.exp(-45), 30);
    expect(measure(logits([800, 0]), sample).loss).toBe(800);
    expect(measure(logits([NaN, 0]), sample).loss).toBeNaN();
  });
});

describe('traced', () => {
  it('puts every step into one window, and none across an epoch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 4 }), (stepsPerEpoch, epochs) => {
        let tracing = emptyTracing;
        for (let step = 1; step <= epochs * stepsPerEpoch; step++) {
          const what = { loss: step, stepSize: 1, backtracks: 1, evaluations: 2 };
          tracing = traced(tracing, what, { step, seconds: step, stepsPerEpoch });
        }
        const { step, loss, backtracks } = tracing.points;
        expect(tracing.open).toEqual([]);
        expect(step.length).toBeLessThanOrEqual(20 * epochs);
        expect(step.filter((at) => at % stepsPerEpoch === 0).length).toBe(epochs);
        // The mean of consecutive numbers is the middle of their window.
        step.forEach((at, i) => expect(loss[i]).toBeCloseTo(((i === 0 ? 0 : step[i - 1]!) + 1 + at) / 2, 9));
        expect(backtracks.every((mean) => mean === 1)).toBe(true);
      }),
      { seed: 4 },
    );
  });
});
