import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grid, search } from './index.ts';

describe('grid', () => {
  it('takes the best of all steps', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 10, noNaN: true }), (least) => {
        const f = (step: number): number => (step - least) ** 2;
        const { step, trial, accepted, forwards } = search(f, grid(), { initial: 8, value: f(0), slope: -2 * least });
        const steps = Array.from({ length: 31 }, (_, k) => 8 * 0.5 ** k);
        expect(trial).toBe(Math.min(...steps.map(f)));
        expect(steps).toContain(step);
        expect([f(step), accepted, forwards]).toEqual([trial, true, 31]);
      }),
      { seed: 1 },
    );
  });

  it('takes the longest of equals, and no trial that is not finite', () => {
    const line = { initial: 4, value: 3, slope: -1 };
    expect(search(() => 2, grid({ trials: 5 }), line)).toMatchObject({ step: 4, accepted: true, next: 4 });
    const cliff = (step: number): number => (step > 1 ? NaN : step > 0.6 ? -Infinity : step);
    expect(search(cliff, grid({ trials: 4 }), line)).toMatchObject({ step: 0.5, trial: 0.5, accepted: true });
  });

  it('says when nothing is better', () => {
    const line = { initial: 1, value: 1, slope: -1 };
    expect(search(() => 2, grid({ trials: 3 }), line)).toMatchObject({ accepted: false, why: 'max-trials' });
    expect(search(() => NaN, grid({ trials: 3 }), line)).toMatchObject({ accepted: false, trial: Infinity });
  });

  it('checks its options', () => {
    expect(() => grid({ delta: 1 })).toThrow('delta is 1');
    expect(() => grid({ trials: 0 })).toThrow('trials is 0');
  });
});
