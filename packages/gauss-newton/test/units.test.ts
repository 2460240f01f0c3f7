import { fitCurve, leastSquares, type Differences, type LeastSquaresOptions } from '@overparam/gauss-newton';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { farStarts } from './classics-far.ts';

/** Numbers from 0 to 1: a linear congruential generator. */
function generator(seed: number): { uniform(): number; normal(): number } {
  let state = seed >>> 0;
  const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return { uniform, normal: () => Array.from({ length: 12 }, uniform).reduce((sum, u) => sum + u, -6) };
}

const sumOfSquares = (r: ArrayLike<number>): number => Array.from(r).reduce((sum, ri) => sum + ri * ri, 0);
const orders: Differences[] = ['2-point', '3-point'];

/** A decay with a floor, with errors. */
const t = Array.from({ length: 20 }, (_, i) => i / 4);
const errorOf = (i: number): number => 0.05 * Math.sin(7 * i);
const decay = (s: number, [a, b, c]: Float64Array): number => a! * Math.exp(-b! * s) + c!;
const y = t.map((s, i) => decay(s, Float64Array.of(3, 0.7, 0.5)) + errorOf(i));

describe('units', () => {
  it('of y and of each parameter, powers of 2: the same steps to the bit', () => {
    const power = fc.integer({ min: -200, max: 200 }).map((k) => 2 ** k);
    const plain = fitCurve({ x: t, y, model: decay, start: [1, 1, 1] }, { history: true });
    fc.assert(
      fc.property(power, fc.tuple(power, power, power), (unit, units) => {
        const b = (x: Float64Array): Float64Array => x.map((xj, j) => xj * units[j]!);
        const fit = fitCurve(
          { x: t, y: y.map((yi) => yi * unit), model: (s, x) => unit * decay(s, b(x)), start: units.map((u) => 1 / u) },
          { history: true },
        );
        expect(b(fit.parameters)).toEqual(plain.parameters);
        expect(fit.history.map(({ taken, gainRatio }) => [taken, gainRatio])).toEqual(
          plain.history.map(({ taken, gainRatio }) => [taken, gainRatio]),
        );
        expect(fit).toMatchObject({ stopped: plain.stopped, converged: true, rank: 3 });
        fit.standardErrors!.forEach((error, j) => {
          expect(Math.abs((error * units[j]!) / plain.standardErrors![j]! - 1)).toBeLessThan(1e-12);
        });
      }),
      { seed: 16, numRuns: 100 },
    );
  });

  it('of y, of x and of each parameter, powers of 10: the same solution and errors', () => {
    const power = fc.integer({ min: -100, max: 100 }).map((k) => 10 ** k);
    const plain = fitCurve({ x: t, y, model: decay, start: [1, 1, 1] });
    fc.assert(
      fc.property(power, power, fc.tuple(power, power), fc.constantFrom(...orders), (unit, time, [p, q], jacobian) => {
        // b has the unit 1 / time already.
        const back = [unit * p, q / time, unit];
        const fit = fitCurve(
          {
            x: t.map((s) => s * time),
            y: y.map((yi) => yi * unit),
            model: (s, [a, b, c]) => a! * (1 / p) * Math.exp(-(b! / q) * s) + c!,
            start: back,
          },
          { jacobian },
        );
        expect(fit.converged).toBe(true);
        fit.parameters.forEach((x, j) => {
          const error = plain.standardErrors![j]!;
          expect(Math.abs(x / back[j]! - plain.parameters[j]!)).toBeLessThan(1e-3 * error);
          expect(Math.abs(fit.standardErrors![j]! / back[j]! / error - 1)).toBeLessThan(1e-3);
        });
      }),
      { seed: 17, numRuns: 100 },
    );
  });

  it('of residuals with a robust loss, whose scale has the same unit', () => {
    const data = [1, 2, 3, 9, 2.5, 1.5];
    for (const loss of ['huber', 'soft-l1', 'cauchy', 'arctan'] as const) {
      const fit = (unit: number, from: number): ReturnType<typeof leastSquares> =>
        leastSquares(([m]) => data.map((d) => m! - d * unit), [from * unit], { loss, lossScale: unit });
      const plain = fit(1, 1);
      for (const unit of [2 ** -500, 2 ** -30, 2 ** 30, 2 ** 400]) {
        const other = fit(unit, 1);
        expect(other.parameters[0]).toBe(plain.parameters[0]! * unit);
        expect(Math.abs(other.standardErrors![0]! / unit / plain.standardErrors![0]! - 1)).toBeLessThan(1e-12);
      }
    }
  });

  it('that are as small as numbers get, where squares would be zero', () => {
    const fit = fitCurve({ x: t, y: y.map((yi) => yi * 1e-200), model: decay, start: [1e-200, 1, 1e-200] });
    expect(fit.converged).toBe(true);
    expect(fit.parameters[1]).toBeCloseTo(0.70794, 4);
    expect(fit.standardErrors![0]! * 1e200).toBeCloseTo(0.02923, 4);
  });
});

describe('starts from which a difference is nothing', () => {
  const starts = [1e-12, -1e-12, 1e-300, 1e-9, 5e-324, -5e-324, 0, 1e12, 1e150];
  it.each(orders.flatMap((order) => starts.map((start) => [order, start] as const)))(
    '%s from %d',
    (jacobian, start) => {
      const fit = leastSquares(([x]) => [x! - 3], [start], { jacobian });
      expect(fit.parameters[0]).toBeCloseTo(3, 7);
      expect(fit.converged).toBe(true);
    },
  );

  it('a line through the origin whose first step would end at 0', () => {
    const fit = fitCurve({ x: [1, 2, 3], y: [-2, -4, -6], model: (x, [a]) => a! * x, start: [1] });
    expect(fit.parameters[0]).toBeCloseTo(-2, 10);
    expect(fit.converged).toBe(true);
  });

  const peak = (x: number, [A, centre, width]: Float64Array): number => A! * Math.exp(-(((x - centre!) / width!) ** 2));
  it.each(orders)('a peak in metres, %s', (jacobian) => {
    const x = Array.from({ length: 40 }, (_, i) => (i / 10 - 1) * 1e-9);
    const model = peak;
    const fit = fitCurve({ x, y: x.map((xi) => peak(xi, Float64Array.of(2, 0.7e-9, 1e-9))), model, start: [1, 0, 1e-9] }, { jacobian }); // prettier-ignore
    expect(fit).toMatchObject({ converged: true, rank: 3 });
    expect(fit.parameters[1]! * 1e9).toBeCloseTo(0.7, 6);
  });

  it.each(orders)('a peak over dates in milliseconds, %s', (jacobian) => {
    const now = 1.7e12;
    const x = Array.from({ length: 60 }, (_, i) => now + 100 * i);
    const noisy = x.map((xi, i) => peak(xi, Float64Array.of(2, now + 2500, 1000)) + errorOf(i) / 10);
    const fit = fitCurve({ x, y: noisy, model: peak, start: [1, now + 2000, 800] }, { jacobian });
    expect(fit).toMatchObject({ converged: true, rank: 3 });
    expect(Math.abs(fit.parameters[1]! - now - 2500)).toBeLessThan(10);
    expect(fit.standardErrors![1]).toBeLessThan(10);
  });

  it('a stationary point of r that is no minimum of F', () => {
    const fit = leastSquares(([x]) => [x! ** 2 - 1], [0]);
    expect(Math.abs(fit.parameters[0]!)).toBeCloseTo(1, 8);
    expect(fit.converged).toBe(true);
  });

  it('takes steps of differences as they are given', () => {
    // Noise of 1e-6, in which steps of 1e-8 drown.
    const noise = (x: number): number => 1e-6 * Math.sin(1e9 * x);
    const residuals = ([a, b]: Float64Array): number[] =>
      t.map((s, i) => a! * Math.exp(-b! * s) * (1 + noise(a! + 3 * b! + i)) - 2 * Math.exp(-0.7 * s) - errorOf(i));
    const fit = leastSquares(residuals, [1, 1], { differenceStep: [1e-2, 1e-2], costTolerance: 1e-5 });
    expect(fit.converged).toBe(true);
    expect(fit.parameters[0]).toBeCloseTo(2.03, 1);
    const seen: number[] = [];
    leastSquares(([x]) => (seen.push(x!), [x! - 3]), [2], { differenceStep: 0.25, jacobian: '2-point', maxEvaluations: 1 }); // prettier-ignore
    expect(seen[1]).toBe(2.5);
    const wrong = (differenceStep: number | number[]): (() => unknown) => () => leastSquares(([x]) => [x!], [1], { differenceStep }); // prettier-ignore
    expect(wrong(0)).toThrow('differenceStep is 0');
    expect(wrong([1, 2])).toThrow('differenceStep has 2 numbers, and there are 1 parameters');
  });
});

describe('refusals are no convergence', () => {
  const away = ([a]: Float64Array): number[] => [5 - a!, 6 - a!];
  it.each([1, 1e10, 1e-3, 1e5])('of steps by a Jacobian that is wrong by the factor -%d', (factor) => {
    const fit = leastSquares(away, [1], { jacobian: () => [[factor], [factor]] });
    expect(fit).toMatchObject({ stopped: 'no-decrease', converged: false });
    expect(fit.message).toContain('jacobian is wrong');
  });

  it('of steps beyond a wall of NaN', () => {
    const fit = leastSquares(([a]) => [a! > 2 ? NaN : a! - 2.5], [1]);
    expect(fit).toMatchObject({ stopped: 'no-decrease', converged: false });
    expect(fit.parameters[0]).toBeCloseTo(2, 10);
  });
});

describe('a restart', () => {
  it.each(farStarts.map((far) => [far.name, far] as const))('does not improve on %s', (_, { residuals, start }) => {
    const fit = leastSquares(residuals, start);
    const first = sumOfSquares(residuals(Float64Array.from(start))) / 2;
    expect(fit.cost).toBeLessThanOrEqual(first);
    if (!fit.converged) return;
    const again = leastSquares(residuals, fit.parameters);
    // Residuals that are 0 at the solution have a cost of rounding errors there.
    const rounding = Number.EPSILON ** 2 * first;
    expect(again.cost + rounding).toBeGreaterThanOrEqual(fit.cost * (1 - 2e-8));
  });

  it('is made by most: the property is not empty', () => {
    const converged = farStarts.filter(({ residuals, start }) => leastSquares(residuals, start).converged);
    expect(converged.length).toBeGreaterThan(farStarts.length / 2);
  });

  it('of columns that once were huge', () => {
    // The column of b is 1e24 at the start, and about 1 at the solution.
    const residuals = ([a, b]: Float64Array): number[] =>
      [1, 2, 3, 4].map((s, i) => a! * Math.exp(-b! * s) - 2 * Math.exp(-0.5 * s) - errorOf(i));
    const fit = leastSquares(residuals, [1, -14]);
    const again = leastSquares(residuals, fit.parameters);
    expect(again.cost).toBeGreaterThanOrEqual(fit.cost * (1 - 1e-7));
    expect(fit.converged).toBe(true);
    expect(fit.parameters[1]).toBeCloseTo(0.5, 1);
  });
});

describe('2000 fits of one and two parameters in random units, from random starts', () => {
  interface Kind {
    readonly model: (x: number, b: readonly number[]) => number;
    readonly truth: (g: ReturnType<typeof generator>) => number[];
    readonly start: (g: ReturnType<typeof generator>, truth: readonly number[]) => number[];
  }
  const near: Kind['start'] = ({ uniform }, truth) => truth.map((b) => b * (0.5 + uniform()));
  const kinds: readonly Kind[] = [
    { model: (x, [a]) => a! * x, truth: (g) => [g.normal()], start: (g) => [g.normal()] },
    { model: (x, [a, b]) => a! + b! * x, truth: (g) => [g.normal(), g.normal()], start: (g) => [g.normal(), g.normal()] }, // prettier-ignore
    { model: (x, [a, b]) => a! * Math.exp(-b! * x), truth: (g) => [1 + g.uniform(), 0.3 + g.uniform()], start: near },
    { model: (x, [b]) => Math.exp(-b! * x), truth: (g) => [0.3 + g.uniform()], start: near },
    { model: (x, [a, b]) => a! * x ** b!, truth: (g) => [1 + g.uniform(), 0.5 + g.uniform()], start: near },
    { model: (x, [a, b]) => (a! * x) / (b! + x), truth: (g) => [1 + g.uniform(), 0.5 + g.uniform()], start: near },
    { model: (x, [c]) => Math.exp(-((x - 2 - c!) ** 2)), truth: (g) => [g.normal() / 5], start: (g, [c]) => [c! + 0.3 * g.normal()] }, // prettier-ignore
  ];
  const x = Array.from({ length: 12 }, (_, i) => 0.2 + 0.35 * i);
  const exact: LeastSquaresOptions = { gradientTolerance: 1e-13, stepTolerance: 1e-14, costTolerance: 1e-14 };

  it('never converge where there is more to gain', () => {
    const g = generator(2026);
    let converged = 0;
    for (let run = 0; run < 2000; run++) {
      const { model, truth, start } = kinds[run % kinds.length]!;
      const b = truth(g);
      const errors = [0, 1e-3, 0.1][run % 3]!;
      const values = x.map((xi) => model(xi, b) + errors * g.normal());
      const unit = 10 ** Math.round(24 * (g.uniform() - 0.5));
      const units = b.map(() => 10 ** Math.round(24 * (g.uniform() - 0.5)));
      const inUnits = (p: ArrayLike<number>): number[] => units.map((u, j) => p[j]! * u);
      const residuals = (p: ArrayLike<number>): number[] => x.map((xi, i) => model(xi, inUnits(p)) - values[i]!);
      const from = start(g, b).map((bj, j) => bj / units[j]!);
      const fit = leastSquares((p) => residuals(p).map((r) => r * unit), from, { jacobian: orders[run % 2]! });
      if (!fit.converged) continue;
      converged++;
      const found = inUnits(fit.parameters);
      const best = leastSquares((p) => x.map((xi, i) => model(xi, Array.from(p)) - values[i]!), found, exact);
      const cost = sumOfSquares(residuals(fit.parameters)) / 2;
      if (!(best.cost >= cost * (1 - 1e-5) - 1e-18))
        throw new Error(`run ${run}: ${cost} is no minimum, ${best.cost} is less; start ${from.join()}, unit ${unit}`);
    }
    expect(converged).toBeGreaterThan(1990);
  });
});
