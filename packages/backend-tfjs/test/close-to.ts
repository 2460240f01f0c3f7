import { expect } from 'vitest';

/** Equal up to 1e-4 of the largest entry. */
export function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-30);
  const difference = Math.max(...Array.from(expected, (x, i) => Math.abs(x - actual[i]!)));
  expect(actual.length).toBe(expected.length);
  expect(difference / scale).toBeLessThan(1e-4);
}
