import type { Matrix } from '@overparam/core';
import { describe, expect, it } from 'vitest';
import { derivative, distance } from '../test/derivative.ts';
import { residualOracle, rho, type RhoName } from './index.ts';

const t = [0, 1, 2, 3, 4];
const y = [1, 0.7, 0.4, 9, 0.1];
const residuals = ([a, b]: Float64Array): number[] => t.map((s, i) => a! * Math.exp(-b! * s) - y[i]!);
const jacobian = ([a, b]: Float64Array): Matrix => ({
  rows: 5,
  columns: 2,
  data: Float64Array.from(t.flatMap((s) => [Math.exp(-b! * s), -a! * s * Math.exp(-b! * s)])),
});

describe('residualOracle', () => {
  it.each(Object.keys(rho) as RhoName[])(
    'has value and gradient of 1/2 sum s delta^2 rho(r^2 / delta^2): %s',
    (name) => {
      const weights = [1, 2, 0.5, 1, 3];
      const f = (w: Float64Array): number =>
        residuals(w).reduce((sum, r, i) => sum + 0.5 * weights[i]! * 0.25 * rho[name]((r / 0.5) ** 2)[0], 0);
      const w = Float64Array.of(1.1, 0.6);
      const oracle = residualOracle(residuals, w, { jacobian, rho: name, scale: 0.5, weights });
      const { value, squaredGradientNorm } = oracle.linearize();
      expect(value).toBeCloseTo(f(w), 14);
      const g = derivative((v) => [f(v)], w, 1e-4).map(([x]) => x!);
      expect(Math.abs(squaredGradientNorm - g[0]! ** 2 - g[1]! ** 2)).toBeLessThan(1e-8);
      oracle.move(0.01);
      expect(
        distance(
          oracle.parameters(),
          w.map((x, i) => x - 0.01 * g[i]!),
        ),
      ).toBeLessThan(1e-9);
    },
  );

  it('has one output a residual', () => {
    const oracle = residualOracle(residuals, [1, 1], { jacobian, modules: { rate: [1, 2] } });
    expect(oracle.dimensions()).toEqual({ samples: 5, outputs: 1, parameters: 1 });
    expect([...oracle.outputs().data]).toEqual(residuals(Float64Array.of(1, 1)));
  });

  it('wants residuals', () => {
    const none = (): number[] => [];
    expect(() => residualOracle(none, [1], { jacobian })).toThrow('there must be one sample or more');
    const oracle = residualOracle((w) => (w[0] === 1 ? [1, 2] : [1]), [1], {
      jacobian: () => ({ rows: 2, columns: 1, data: Float64Array.of(1, 1) }),
    });
    oracle.linearize();
    expect(() => oracle.probe(1)).toThrow('The matrix of the outputs is 1 x 1 of 1 numbers: it takes 2 x 1.');
    expect([...oracle.parameters()]).toEqual([1]);
  });
});
