import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldstein, search } from '@overparam/line-search';

describe('goldstein', () => {
  it('finds a step of the right length from any start', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -4, max: 4, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.constantFrom(0.1, 0.25),
        (power, L, c) => {
          // phi(t) = 1 - t + L t^2 / 2 meets both conditions between 2 c / L and 2 (1 - c) / L.
          const phi = (t: number): number => 1 - t + (L * t ** 2) / 2;
          const found = search(phi, goldstein({ c, eta_max: Infinity, eta_min: 0, maxTrials: 300 }), {
            initial: 10 ** power,
            value: 1,
            slope: -1,
          });
          expect(found).toMatchObject({ accepted: true, why: null, next: found.step });
          expect(found.step * L).toBeGreaterThanOrEqual(2 * c - 1e-9);
          expect(found.step * L).toBeLessThanOrEqual(2 * (1 - c) + 1e-9);
          expect(found.trial).toBe(phi(found.step));
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });

  it('lengthens and shortens by its factors', () => {
    const tried: number[] = [];
    const phi = (t: number): number => (tried.push(t), (t - 3) ** 2);
    search(phi, goldstein({ c: 0.35 }), { initial: 1, value: 9, slope: -6 });
    // At 1, 2 too short; at 4 too long; 3.6 is not.
    expect(tried).toEqual([1, 2, 4, 3.6]);
  });

  it('stays between eta_min and eta_max', () => {
    const down = search((t) => -t, goldstein({ eta_max: 3, maxTrials: 9 }), { initial: 1, value: 0, slope: -1 });
    expect(down).toMatchObject({ accepted: true, why: 'max-trials', step: 3, next: 3, forwards: 9 });
    const up = search((t) => t, goldstein({ eta_min: 0.5, maxTrials: 9 }), { initial: 1, value: 0, slope: -1 });
    expect(up).toMatchObject({ accepted: false, why: 'max-trials', step: 0.5 });
  });

  it('takes a NaN for a step that is too long', () => {
    const phi = (t: number): number => (t > 1.5 ? NaN : (t - 1) ** 2);
    expect(search(phi, goldstein(), { initial: 8, value: 1, slope: -2 }).accepted).toBe(true);
  });

  it.each([{ c: 0.6 }, { c: 0 }, { beta_b: 1 }, { beta_f: 1 }, { eta_max: 0 }, { maxTrials: 0 }])(
    'refuses %o',
    (options) => {
      expect(() => goldstein(options)).toThrow(`${Object.keys(options)[0]} is`);
    },
  );
});
