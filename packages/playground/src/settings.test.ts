import { expect, it } from 'vitest';
import { fromAddress, initial, toAddress, type Fields } from './settings.ts';

const fields = {
  methods: { kind: 'some', label: 'Methods', initial: ['a', 'b'], options: { a: 'A', b: 'B', c: 'C' } },
  shape: { kind: 'one', label: 'Shape', initial: 'round', options: { round: 'Round', square: 'Square' } },
  seed: { kind: 'number', label: 'Seed', initial: 1, least: 0, most: 99, whole: true },
  step: { kind: 'number', label: 'Step', initial: 0.5, least: 0, most: 1 },
} as const satisfies Fields;

it('an address carries the settings there and back, and nothing that is as it is at first', () => {
  expect(toAddress(fields, initial(fields))).toBe('');
  const settings = { methods: ['a', 'c'], shape: 'square', seed: 7, step: 0.25 } as const;
  const address = toAddress(fields, settings);
  expect(fromAddress(fields, address)).toEqual(settings);
  expect(fromAddress(fields, 'seed=3')).toEqual({ ...initial(fields), seed: 3 });
  // The order is the field's.
  expect(fromAddress(fields, 'methods=c,a').methods).toEqual(['a', 'c']);
});

it.each([
  ['seed=', 'seed is "": it takes a whole number from 0 to 99.'],
  ['seed=1.5', 'seed is "1.5"'],
  ['seed=100', 'seed is "100"'],
  ['step=NaN', 'step is "NaN": it takes a number from 0 to 1.'],
  ['shape=toString', 'shape is "toString": it takes one of round, square.'],
  ['methods=a,d', 'methods is "a,d": it takes some of a, b, c.'],
  ['methods=a,a', 'methods is "a,a"'],
  ['methods=', 'methods is ""'],
  ['constructor=1', 'The address is "constructor": it takes settings among methods, shape, seed, step.'],
])('an address that says %s is refused', (query, message) => {
  expect(() => fromAddress(fields, query)).toThrow(message);
});
