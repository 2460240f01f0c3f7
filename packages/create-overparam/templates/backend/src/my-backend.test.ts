import { testBackend } from '@overparam/conformance';
import { describe, expect, it } from 'vitest';
import { myBackend } from './my-backend.ts';

// What the protocol promises, a test a promise. The problems of the kit are networks: those of one layer are linear.
testBackend(
  ({ inputs, targets, weights }) => {
    const oracle = myBackend({ inputs, targets, weights: weights[0]! });
    return { oracle, read: () => oracle.weights().flat() };
  },
  { runner: { describe, it }, name: 'my-backend', layers: 1, modules: false },
);

describe('my-backend', () => {
  const model = { inputs: [[1, 2]], targets: [[3]], weights: [[0], [0]] };

  it.each([{ inputs: [] }, { inputs: [[1]] }, { targets: [[1], [2]] }, { weights: [] }, { targets: [[NaN]] }])(
    'refuses %j',
    (wrong) => expect(() => myBackend({ ...model, ...wrong })).toThrow(Object.keys(wrong)[0]),
  );

  it('asks for a linearization before it moves', () =>
    expect(() => myBackend(model).probe(1)).toThrow("ask 'linearize' first"));
});
