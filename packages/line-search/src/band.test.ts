import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backtracking, band, nearlyLinear, search, smoothedRatio, steered } from './index.ts';

const ratio = fc.double({ min: -1, max: 1, noNaN: true });
const part = fc.double({ min: 0, max: 1, noNaN: true });

describe('band', () => {
  it('is 0 inside, and the distance to its nearer end outside', () => {
    fc.assert(
      fc.property(ratio, part, (r, w) => {
        const outside = band({ c1: 0.6, c2: 0.8 })(r, w);
        const upper = 1 - 0.2 * w;
        expect(r - outside).toBeCloseTo(Math.min(Math.max(r, 0.6), upper), 14);
      }),
    );
  });

  it('closes above as the part of the step goes to 0: no promise is kept better than in full', () => {
    const outside = band();
    expect(outside(0.9)).toBeCloseTo(0.05, 14);
    expect(outside(0.9, 0.5)).toBe(0);
    expect(outside(1, 0)).toBe(0);
  });

  it.each([{ c1: 0 }, { c1: 1 }, { c1: 0.9 }, { c2: 1 }, { c2: NaN }])('refuses %j', (options) => {
    expect(() => band(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});

describe('smoothedRatio', () => {
  const rule = smoothedRatio({ beta: 0.9 });
  const tried = { step: 0.1, value: 1, trial: 0.9, promised: 2, unit: 4 };

  it('is the ratio of one trial at first: f - f+ over s q', () => {
    expect(rule.next(rule.init(), tried)[0]).toBeCloseTo(0.5, 14);
  });

  it('is the ratio of the weighted sums, in units of S', () => {
    const [, one] = rule.next(rule.init(), tried);
    const [r, two] = rule.next(one, { ...tried, trial: 1.1, unit: 1 });
    // a / S: 1 / 4, then -1; q / S: 1 / 2, then 2.
    expect(two.A).toBeCloseTo(0.1 * (0.9 * 0.25 - 1), 14);
    expect(two.P).toBeCloseTo(0.1 * (0.9 * 0.5 + 2), 14);
    expect(r).toBeCloseTo(two.A / two.P, 14);
  });

  it('counts a decrease of more than was promised as much less, and what is not finite as an increase', () => {
    expect(rule.next(rule.init(), { ...tried, trial: 0.7 })[0]).toBeCloseTo(0.5, 14);
    for (const trial of [NaN, Infinity, -Infinity]) expect(rule.next(rule.init(), { ...tried, trial })[0]).toBe(-1);
  });

  it('stays between -1 and 1', () => {
    const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    const any = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const trials = fc.array(fc.record({ step: positive, value: any, trial: any, promised: positive, unit: positive }));
    fc.assert(
      fc.property(trials, (all) => {
        let state = rule.init();
        for (const one of all) {
          const [r, next] = rule.next(state, one);
          expect(r).toBeGreaterThanOrEqual(-1);
          expect(r).toBeLessThanOrEqual(1 + 1e-12);
          state = next;
        }
      }),
    );
  });
});

describe('steered', () => {
  it('keeps a factor within its bounds, and 1 inside the band', () => {
    fc.assert(
      fc.property(ratio, fc.nat(1000), fc.double({ min: 0.01, max: 2, noNaN: true }), (r, n, kappa) => {
        const factor = steered({ kappa, n0: 50 })(r, n);
        if (Math.abs(r) > 1e-9) expect(Math.sign(Math.log(factor))).toBe(Math.sign(r));
        expect(Math.log(factor)).toBeLessThanOrEqual(0.7 + 1e-12);
        expect(Math.log(factor)).toBeGreaterThanOrEqual(-kappa / (1 + n / 50) - 1e-12);
      }),
    );
    expect(steered()(0, 7)).toBe(1);
  });

  it('moves half as far after n0 trials', () => {
    const factor = steered({ kappa: 0.4, n0: 20 });
    expect(Math.log(factor(-0.1, 0)) / Math.log(factor(-0.1, 20))).toBeCloseTo(2, 12);
  });
});

describe('nearlyLinear', () => {
  it('takes the first step along which the slope holds to the tolerance', () => {
    // phi = (s - 1)^2: phi - phi(0) - s phi'(0) = s^2, to be at most 0.1 * 2 s.
    const found = search((s: number) => (s - 1) ** 2, backtracking({ accept: nearlyLinear() }), {
      initial: 1,
      value: 1,
      slope: -2,
    });
    expect(found).toMatchObject({ step: 0.125, accepted: true });
  });

  it('refuses what is not a number, and a decrease far beyond the promise', () => {
    const line = { initial: 1, value: 1, slope: -1, reference: 1 };
    expect([NaN, Infinity, -Infinity, -10].map((trial) => nearlyLinear()(1, trial, line))).toEqual(
      Array(4).fill(false),
    );
  });
});
