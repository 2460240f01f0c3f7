import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpoint, isOverparamError, restore } from '@overparam/core';

const counter = { name: 'counter', init: (): { n: number; history: number[] } => ({ n: 0, history: [] }) };
const saved = (): string => JSON.stringify(checkpoint(counter, { n: 3, history: [0.1, 1e-300, 2] }));
const refusal = (data: unknown, method: { name: string; init(): unknown } = counter): [string, string] => {
  try {
    restore(method, data);
  } catch (error) {
    if (isOverparamError(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error('it was restored');
};

describe('checkpoint and restore', () => {
  it('give back the same state, from text or from parsed JSON', () => {
    const plain = fc.record({
      n: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      history: fc.array(fc.jsonValue()),
    });
    fc.assert(
      fc.property(plain, (state) => {
        const text = JSON.stringify(checkpoint({ name: 'counter', init: () => state }, state));
        const method = { name: 'counter', init: () => ({ n: 0, history: [] as unknown[] }) };
        const same = JSON.parse(JSON.stringify(state)) as unknown;
        expect(restore(method, text)).toEqual(same);
        expect(restore(method, JSON.parse(text))).toEqual(same);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('do not mind another order of the keys', () => {
    const { format, version, method, state, checksum } = checkpoint(counter, { n: 3, history: [] });
    expect(
      restore(counter, { checksum, state: { history: state.history, n: state.n }, method, version, format }),
    ).toEqual(state);
  });

  it('refuse a text that was cut anywhere', () => {
    const text = saved();
    for (let length = 0; length < text.length; length++)
      expect(refusal(text.slice(0, length))[0]).toBe('CHECKPOINT_DAMAGED');
  });

  it('refuse a state in which one digit changed', () => {
    expect(refusal(saved().replace('"n":3', '"n":4'))).toEqual([
      'CHECKPOINT_DAMAGED',
      'The checkpoint cannot be read: its checksum does not fit its state. Restore an earlier one.',
    ]);
  });

  it.each([null, undefined, 7, [], {}, { format: 'other' }])('refuse %j', (data) => {
    expect(refusal(data)[0]).toBe('CHECKPOINT_DAMAGED');
  });

  it('refuse a nonsensical version, and a newer one by name', () => {
    const data = JSON.parse(saved()) as object;
    expect(refusal({ ...data, version: 'one' })[0]).toBe('CHECKPOINT_DAMAGED');
    expect(refusal({ ...data, version: 2 })).toEqual([
      'CHECKPOINT_NEWER',
      'The checkpoint has format version 2, and this @overparam/core reads up to 1: update @overparam/core.',
    ]);
  });

  it('refuse the state of another method', () => {
    expect(refusal(saved(), { ...counter, name: 'clock' })).toEqual([
      'CHECKPOINT_FOREIGN',
      `The checkpoint is of the method "counter", not of 'clock': restore it with the method that made it.`,
    ]);
  });

  it('refuse a state with other fields', () => {
    expect(refusal(saved(), { name: 'counter', init: () => ({ n: 0 }) })[1]).toContain(
      "its state has the fields {history, n}, and 'counter' has {n}",
    );
  });

  it.each([
    [{ n: NaN, history: [] }, 'state.n is NaN'],
    [{ n: 0, history: [1, Infinity] }, 'state.history[1] is Infinity'],
    [{ n: 0, history: new Float64Array(2) }, 'state.history is an object of the class Float64Array'],
    [{ n: undefined, history: [] }, 'state.n is undefined'],
    [{ n: () => 1, history: [] }, 'state.n is () => 1'],
  ])('refuse to save %j, which JSON would change', (state, message) => {
    expect(() => checkpoint(counter, state as never)).toThrow(message);
  });
});
