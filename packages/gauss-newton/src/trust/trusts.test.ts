import { describe, expect, it } from 'vitest';
import { trustOf } from './trusts.ts';

describe('trust', () => {
  it('nielsen', () => {
    const { first, accept, next } = trustOf('nielsen');
    expect(first).toEqual({ tau: 1e-3 });
    expect(next(3, 8, 1, true)).toEqual([1, 2]);
    expect(next(3, 8, 0.5, true)).toEqual([3, 2]);
    expect(next(3, 8, 0.25, true)).toEqual([3 * 1.125, 2]);
    expect(next(3, 2, -1, false)).toEqual([6, 4]);
    expect(next(6, 4, NaN, false)).toEqual([24, 8]);
    expect([accept(0.1, true), accept(0, true), accept(-1, false), accept(NaN, false)]).toEqual([true, false, false, false]); // prettier-ignore
    expect(trustOf({ rule: 'nielsen', mu0: 7 }).first).toEqual({ mu: 7 });
  });

  it('marquardt10', () => {
    const { first, min, max, accept, next } = trustOf('marquardt10');
    expect([first, min, max]).toEqual([{ mu: 1e-3 }, 1e-10, 1e10]);
    expect(next(10, 2, 1, true)[0]).toBeCloseTo(1, 15);
    expect(next(10, 2, 1, false)[0]).toBe(100);
    expect([accept(-1, true), accept(1, false)]).toEqual([true, false]);
  });

  it('trust-region', () => {
    const { first, min, max, accept, next } = trustOf('trust-region');
    expect([first, min, max]).toEqual([{ mu: 1e-4 }, 1e-16, 1 / 1e-32]);
    expect(next(3, 8, 1, true)).toEqual([1, 2]);
    expect([accept(1e-3, true), accept(2e-3, true)]).toEqual([false, true]);
  });

  it('kfac', () => {
    const { accept, next } = trustOf({ rule: 'kfac', omega: 0.5 });
    expect([0.8, 0.75, 0.25, 0.2, -3, NaN].map((rho) => next(4, 2, rho, true)[0])).toEqual([2, 4, 4, 8, 8, 8]);
    expect(accept(-1, false)).toBe(true);
  });
});
