import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, permutation, random } from './random.ts';

const take = (seed: number, count: number): number[] => {
  const uniform = random(seed);
  return Array.from({ length: count }, uniform);
};

describe('random', () => {
  it('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(take(a, 5)).toEqual(take(a, 5));
        if (a !== b) expect(take(a, 5)).not.toEqual(take(b, 5));
      }),
      { seed: 1 },
    );
  });

  it('is uniform: mean 1/2, variance 1/12, no correlation between neighbours', () => {
    const n = 100_000;
    const values = take(7, n + 1);
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const covariance = (lag: number): number =>
      values.slice(0, n).reduce((sum, value, i) => sum + (value - 0.5) * (values[i + lag]! - 0.5), 0) / n;
    // Five standard errors.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(covariance(0) - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * n));
    expect(Math.abs(covariance(1))).toBeLessThan(5 / 12 / Math.sqrt(n));
  });
});

describe('permutation', () => {
  it('holds each number once', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (count, seed) => {
        expect([...permutation(count, random(seed))].sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, i) => i),
        );
      }),
      { seed: 2 },
    );
  });

  it('has every order equally often', () => {
    const uniform = random(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      const order = permutation(3, uniform).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('normal', () => {
  it('has the moments of N(0, 1), and no two numbers of a pair in common', () => {
    const next = normal(random(5));
    const drawn = Array.from({ length: 100_000 }, next);
    const moment = (power: number): number => drawn.reduce((sum, x) => sum + x ** power, 0) / drawn.length;
    // Four standard errors: sqrt(1 / n), sqrt(2 / n), sqrt(15 / n), sqrt(96 / n).
    for (const [power, expected, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ] as const)
      expect(Math.abs(moment(power) - expected)).toBeLessThan(4 * Math.sqrt(variance / drawn.length));
    const product = drawn.reduce((sum, x, i) => (i % 2 === 0 ? sum + x * drawn[i + 1]! : sum), 0) / (drawn.length / 2);
    expect(Math.abs(product)).toBeLessThan(4 / Math.sqrt(drawn.length / 2));
  });
});
