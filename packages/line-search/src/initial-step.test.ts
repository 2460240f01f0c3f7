import { describe, expect, it } from 'vitest';
import {
  barzilaiBorwein,
  clip,
  decreaseRatio,
  decsps,
  failedStep,
  grown,
  longestMemory,
  polyak,
  quadraticInitial,
  remember,
  sameChange,
  smoothed,
} from '@overparam/line-search';

describe('initial steps', () => {
  it('polyak: the gap to f* over c_p |g|^2', () => {
    expect(polyak({ c_p: 0.5, f_star: 1, epsilon: 0 })(3, 2)).toBe(2);
    expect(polyak()(1, 0)).toBe(1e8);
    expect(() => polyak({ c_p: 0 })).toThrow('c_p is 0');
  });
  it('polyak, with c_p = 1/2, is exact on |w|^2', () => {
    // f = w^2, g = 2 w: a step of 1/2 leads to 0.
    expect(polyak({ c_p: 0.5, epsilon: 0 })(9, 36)).toBe(0.5);
  });
  it('clip', () => expect([0.5, 2, 7].map((step) => clip(step, 1, 5))).toEqual([1, 2, 5]));
  it('grown: by gamma in an epoch', () => {
    const grow = grown({ gamma: 2, n_batches_per_epoch: 4 });
    expect([1, 2, 3, 4].reduce((step) => grow(step), 3)).toBeCloseTo(6, 12);
    expect(() => grown({ n_batches_per_epoch: NaN })).toThrow('n_batches_per_epoch is NaN');
  });
  it('smoothed: grows no faster', () => {
    const smooth = smoothed({ gamma: 4, n_batches_per_epoch: 2 });
    expect([smooth(10, 3), smooth(1, 3)]).toEqual([6, 1]);
  });
  it('decsps: never grows, and falls like 1 / sqrt(k)', () => {
    const rule = decsps({ c0: 2, gamma_b: 3 });
    let state = rule.init();
    const steps = [1, 2, 3, 4].map(() => {
      const [step, next] = rule.next(state, { value: 1e9, squaredGradientNorm: 1 });
      state = next;
      return step;
    });
    steps.forEach((step, k) => expect(step).toBeCloseTo(3 / Math.sqrt(k + 1), 12));
    expect(rule.next(rule.init(), { value: 1, squaredGradientNorm: 4 })[0]).toBe(1 / 4 / 2);
  });
  it('barzilaiBorwein: the inverse curvature, twice the same on a parabola, and none without convexity', () => {
    // f = L |w|^2 / 2 along d = -g: g' = (1 - L step) g.
    const [L, step, n2] = [5, 0.1, 4];
    const secant = {
      step,
      slope: -n2,
      slopeAfter: -n2 * (1 - L * step),
      squaredDirectionNorm: n2,
      squaredGradientChange: (L * step) ** 2 * n2,
    };
    const { long, short } = barzilaiBorwein(secant);
    expect(long).toBeCloseTo(1 / L, 12);
    expect(short).toBeCloseTo(1 / L, 12);
    expect(barzilaiBorwein({ ...secant, slopeAfter: -2 * n2 })).toEqual({ long: Infinity, short: Infinity });
  });
  it('quadraticInitial and sameChange', () => {
    expect(quadraticInitial(5, 4, -8)).toBeCloseTo(1.01 * 0.25, 12);
    expect(quadraticInitial(50, 4, -8)).toBe(1);
    expect(sameChange(0.5, -4, -8)).toBe(0.25);
  });
  it('decreaseRatio: the official rule, null without a decrease', () => {
    const rule = decreaseRatio({ c_p: 0.1, max: 10 });
    expect(rule({ value: 5, valueAfter: 3, squaredGradientNorm: 4 })).toBeCloseTo((1.01 * (2 / 4)) / (0.1 * 4), 12);
    expect(rule({ value: 5, valueAfter: 3, squaredGradientNorm: 1e-3 })).toBe(10);
    expect(rule({ value: 3, valueAfter: 5, squaredGradientNorm: 4 })).toBeNull();
  });
});

describe('memory', () => {
  it('counts backtracks, less rho a step, and is never negative', () => {
    expect([remember(0, 0), remember(2, 3), remember(2, 0), remember(0.3, 0, 0.25)]).toEqual([
      0,
      4,
      1,
      expect.closeTo(0.05, 12),
    ]);
  });
  it('is no longer than brings the step to its minimum', () => {
    expect(longestMemory(8, 1, 0.5)).toBe(3);
    expect(longestMemory(7.9, 1, 0.5)).toBe(2);
    expect(longestMemory(1, 1, 0.5)).toBe(0);
    expect(longestMemory(0.5, 1, 0.5)).toBe(0);
    expect(longestMemory(1, 0, 0.5)).toBe(Infinity);
  });
  it('a failed step is tiny', () => expect(failedStep).toBe(1e-6));
});
