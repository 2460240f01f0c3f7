import { describe, expect, it } from 'vitest';
import { randomMatrix, randomVector, uniform } from '../test/random.ts';
import {
  composite,
  denseNetwork,
  softmaxCrossEntropy,
  squaredError,
  type CompositeOptions,
  type Model,
} from './index.ts';

const next = uniform(9);
const model = denseNetwork({
  inputs: randomMatrix(6, 2, next),
  layers: [{ units: 3, activation: 'silu' }, { units: 2 }],
});
const start = randomVector(model.parameters, next);
const y = randomMatrix(6, 2, next);
const weights = [1, 2, 3, 4, 5, 6];
const functions = {
  outputs: (w: Float64Array) => model.at(w).outputs,
  jacobian: (w: Float64Array) => model.at(w).jacobian([[0, model.parameters]]),
};
const u = randomMatrix(2, 2, next);
const cases: [string, Omit<CompositeOptions, 'start'>][] = [
  ['a network', { model, loss: squaredError(y, { weights }) }],
  ['two functions', { model: functions, loss: squaredError(y, { weights }) }],
  ['classes', { model, loss: softmaxCrossEntropy([0, 1, 1, 0, 1, 0], { classes: 2, weights }) }],
];

describe.each(cases)('mini-batches of %s', (_, options) => {
  it('see the samples of the batch, and a mean over them', () => {
    const all = composite({ ...options, start });
    const oracle = composite({ ...options, start, batch: () => [4, 1] });
    expect(oracle.dimensions()).toMatchObject({ samples: 2, outputs: 2 });
    const pick = (data: Float64Array, width: number): number[] =>
      [4, 1].flatMap((n) => [...data.slice(n * width, (n + 1) * width)]);
    expect([...oracle.outputs().data]).toEqual(pick(all.outputs().data, 2));
    // Of 6 samples a sixth each, of 2 a half.
    oracle.lossGradient().data.forEach((g, i) => expect(g).toBeCloseTo(3 * pick(all.lossGradient().data, 2)[i]!, 14));
    const S = pick(all.lossHessianFactor().data, 4).map((s) => s * Math.sqrt(3));
    oracle.lossHessianFactor().data.forEach((s, i) => expect(s).toBeCloseTo(S[i]!, 14));
    expect(oracle.kernel().data).toEqual(all.kernel({ samples: [4, 1] }).data);
    expect([...oracle.jacobian().data]).toEqual(pick(all.jacobian().data, 2 * model.parameters));
    oracle.pullback(u);
    expect(oracle.probeOutputs(0)).toEqual(oracle.outputs());
    expect(() => oracle.pullback(randomMatrix(6, 2, next))).toThrow('u is 6 x 2 of 12 numbers: it takes 2 x 2.');
  });

  it('are taken one per step; an abandoned step is made again on the same', () => {
    const drawn = [[0, 1], [2, 3], [4, 5]]; // prettier-ignore
    let draws = 0;
    const oracle = composite({ ...options, start, batch: () => drawn[draws++ % 3]! });
    expect(draws).toBe(0);
    const first = oracle.linearize();
    oracle.probe(1);
    oracle.kernel();
    expect(draws).toBe(1);
    oracle.move(0.01);
    oracle.abandon();
    expect(oracle.linearize()).toEqual(first);
    expect(draws).toBe(1);
    oracle.probe(0.01);
    oracle.move(0.01);
    oracle.finish();
    oracle.outputs();
    expect(draws).toBe(2);
    oracle.finish();
    oracle.outputs();
    expect(draws).toBe(3);
    const there = composite({ ...options, start: oracle.parameters() });
    expect(oracle.outputs().data).toEqual(there.outputs().data.slice(8));
  });
});

describe('mini-batches', () => {
  it('want samples that there are, and a model that can take them', () => {
    const loss = squaredError(y);
    const oracle = composite({ model, loss, start, batch: () => [6] });
    expect(() => oracle.linearize()).toThrow('samples[0] is 6: it takes a sample of the batch, 0 to 5.');
    expect(() => composite({ model, loss, start, batch: () => [] }).loss()).toThrow('there must be one sample');
    const own: Model = { ...model };
    delete own.take;
    expect(() => composite({ model: own, loss, start, batch: () => [0] })).toThrow(
      'batch is "given": it takes a model and a loss that have \'take\'.',
    );
  });
});
