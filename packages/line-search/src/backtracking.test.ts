import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armijo, backtracking, finite, lipschitz, search } from '@overparam/line-search';

const parabola = (step: number): number => (step - 1) ** 2;
const line = { initial: 16, value: 1, slope: -2 };

describe('backtracking', () => {
  it('takes the first step of the geometric sequence that passes', () => {
    const tried: number[] = [];
    const phi = (step: number): number => (tried.push(step), parabola(step));
    const found = search(phi, backtracking({ accept: armijo({ c: 0.5 }) }), line);
    expect(tried).toEqual([16, 8, 4, 2, 1]);
    expect(found).toEqual({ step: 1, trial: 0, accepted: true, why: null, next: 1, backtracks: 4, forwards: 5 });
  });

  it('finds, on any convex parabola, a step within delta of the longest that passes', () => {
    const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.constantFrom(0.1, 0.5, 0.9), fc.constantFrom(0.5, 0.9), (L, n2, c, delta) => {
        // phi(t) = 1 - t n2 + L n2 t^2 / 2 passes exactly up to 2 (1 - c) / L.
        const phi = (t: number): number => 1 - t * n2 + (L * n2 * t ** 2) / 2;
        const longest = (2 * (1 - c)) / L;
        const rules = backtracking({ accept: armijo({ c }), delta, maxTrials: 1000 });
        const found = search(phi, rules, { initial: 1e4 * longest, value: 1, slope: -n2 });
        expect(found.accepted).toBe(true);
        expect(found.step / longest).toBeLessThanOrEqual(1 + 1e-6);
        expect(found.step / longest).toBeGreaterThanOrEqual(delta * (1 - 1e-6));
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('gives up after maxTrials, and says what it would have tried next', () => {
    const found = search(() => NaN, backtracking({ accept: armijo(), maxTrials: 3 }), { ...line, initial: 8 });
    expect(found).toEqual({
      step: 2,
      trial: NaN,
      accepted: false,
      why: 'max-trials',
      next: 1,
      backtracks: 2,
      forwards: 3,
    });
  });

  it.each([{ delta: 0 }, { delta: 1 }, { maxTrials: 0 }, { maxTrials: 1.5 }])('refuses %o', (options) => {
    expect(() => backtracking({ accept: armijo(), ...options })).toThrow(`${Object.keys(options)[0]} is`);
  });
});

describe('armijo', () => {
  const at = { initial: 1, value: 1, slope: -2, reference: 3 };
  it('compares with the reference, and includes the bound', () => {
    const accept = armijo({ c: 0.25 });
    expect(accept(1, 2.5, at)).toBe(true);
    expect(accept(1, 2.5 + 1e-12, at)).toBe(false);
    expect(accept(4, 2.5, at)).toBe(false);
  });
  it('refuses NaN, and Infinity even against Infinity; finite refuses -Infinity too', () => {
    const open = { ...at, reference: Infinity };
    expect([NaN, Infinity].map((value) => armijo()(1, value, open))).toEqual([false, false]);
    expect(armijo()(1, 1e300, open)).toBe(true);
    expect(armijo()(1, -Infinity, at)).toBe(true);
    expect(finite(armijo())(1, -Infinity, at)).toBe(false);
    expect(finite(armijo())(1, 1, at)).toBe(true);
  });
  it.each([0, 1, -1, NaN])('refuses c = %d', (c) => expect(() => armijo({ c })).toThrow(`c is ${c}`));
});

describe('lipschitz', () => {
  it('accepts a gradient that changes by no more than c |g|', () => {
    // |g|^2 = 4, so |g' - g| <= 0.9 * 2.
    const at = { initial: 1, value: 1, slope: -4, reference: 1 };
    const accept = lipschitz({ c: 0.9 });
    expect(accept(0.3, { squaredGradientChange: 1.8 ** 2 * (1 - 1e-12) }, at)).toBe(true);
    expect(accept(0.3, { squaredGradientChange: 1.8 ** 2 * (1 + 1e-12) }, at)).toBe(false);
    expect(accept(0.3, { squaredGradientChange: NaN }, at)).toBe(false);
    expect(() => lipschitz({ c: 0 })).toThrow('c is 0');
  });
});
