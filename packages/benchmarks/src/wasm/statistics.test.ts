import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, medianRatio } from './statistics.ts';

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 2, 9, 3])).toBe(6);
  });

  it('does not depend on the order, and leaves the values alone', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), (values) => {
        const before = [...values];
        expect(median(values)).toBe(median(values.toReversed()));
        expect(values).toEqual(before);
      }),
      { seed: 1 },
    );
  });
});

describe('medianRatio', () => {
  it('compares round by round, so that a slow round of both changes nothing', () => {
    expect(medianRatio([2, 200, 4], [1, 100, 2])).toBe(2);
  });

  it('uses the rounds that both have', () => {
    expect(medianRatio([2, 4, 100], [1, 2])).toBe(2);
    expect(medianRatio([2, 4], [1, 2, 1000])).toBe(2);
  });
});
