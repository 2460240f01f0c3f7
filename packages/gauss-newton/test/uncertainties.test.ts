import { robust, squaredError } from '@overparam/backend-float64';
import { matrix } from '@overparam/linear-algebra';
import { covariance, fitCurve, leastSquares, type Bounds, type LeastSquaresOptions } from '@overparam/gauss-newton';
import { describe, expect, it } from 'vitest';
import { linear } from './problems.ts';

function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return () => Array.from({ length: 12 }, uniform).reduce((sum, u) => sum + u, -6);
}

describe('errors of robust losses', () => {
  const location = (data: readonly number[], options: LeastSquaresOptions): ReturnType<typeof leastSquares> =>
    leastSquares(([m]) => data.map((d) => m! - d), [0.5], {
      gradientTolerance: 1e-12,
      costTolerance: null,
      jacobian: () => data.map(() => [1]),
      ...options,
    });

  it('do not grow with outliers: the sandwich of Huber (1964) for a location', () => {
    const errors = [2, 10, 1e3, 1e6].map((K) => {
      const data = [-1, -0.5, -0.2, 0, 0.1, 0.3, 0.6, 1.1, K, -K];
      const fit = location(data, { loss: 'huber' });
      const m = fit.parameters[0]!;
      expect(m).toBeCloseTo(0.05, 6);
      const psi = data.map((d) => Math.max(-1, Math.min(1, m - d)));
      const inside = data.filter((d) => Math.abs(m - d) < 1).length;
      const wanted = (10 / 9) * (psi.reduce((sum, p) => sum + p * p, 0) / inside ** 2);
      expect(fit.covariance!.data[0]! / wanted).toBeCloseTo(1, 9);
      expect(fit.standardErrors![0]! ** 2 / wanted).toBeCloseTo(1, 9);
      expect(fit.residualStandardDeviation).toBeNaN();
      expect(fit.covarianceNote).toBeNull();
      return fit.standardErrors![0]!;
    });
    expect(Math.max(...errors) / Math.min(...errors)).toBeLessThan(1.001);
  });

  it('are H^-1 B H^-1 for a line, by hand', () => {
    const x = [0, 1, 2, 3, 4, 5, 6];
    const y = [0.1, 1.3, 1.9, 3.4, 3.8, 25, 6.1];
    for (const loss of ['huber', 'soft-l1', 'cauchy', 'arctan', 'tukey'] as const) {
      const fit = fitCurve({ x, y, model: (s, [a, b]) => a! + b! * s, gradient: (s) => [1, s], start: [0, 1] }, { loss, lossScale: 0.9 }); // prettier-ignore
      const rho = {
        'huber': (z: number) => (z <= 1 ? [1, 0] : [1 / Math.sqrt(z), -0.5 / z ** 1.5]),
        'soft-l1': (z: number) => [(1 + z) ** -0.5, -0.5 * (1 + z) ** -1.5],
        'cauchy': (z: number) => [1 / (1 + z), -1 / (1 + z) ** 2],
        'arctan': (z: number) => [1 / (1 + z * z), (-2 * z) / (1 + z * z) ** 2],
        'tukey': (z: number) => (z <= 1 ? [(1 - z) ** 2, 2 * (z - 1)] : [0, 0]),
      }[loss]; // prettier-ignore
      const sums = { H: [0, 0, 0], B: [0, 0, 0] };
      fit.residuals.forEach((r, i) => {
        const z = (r / 0.9) ** 2;
        const [first, second] = rho(z) as [number, number];
        const s = x[i]!;
        [1, s, s * s].forEach((product, at) => {
          sums.H[at]! += (first + 2 * z * second) * product;
          sums.B[at]! += (first * r) ** 2 * product;
        });
      });
      const [h, k, l] = sums.H as [number, number, number];
      const determinant = h * l - k * k;
      const inverse = [l, -k, -k, h].map((v) => v / determinant);
      const times = (p: number[], q: number[]): number[] => [
        p[0]! * q[0]! + p[1]! * q[2]!,
        p[0]! * q[1]! + p[1]! * q[3]!,
        p[2]! * q[0]! + p[3]! * q[2]!,
        p[2]! * q[1]! + p[3]! * q[3]!,
      ];
      const [b0, b1, b2] = sums.B as [number, number, number];
      const wanted = times(times(inverse, [b0, b1, b1, b2]), inverse).map((v) => (v * 7) / 5);
      wanted.forEach((v, at) => expect(fit.covariance!.data[at]! / v, loss).toBeCloseTo(1, 8));
    }
  });

  it('are those of repeated experiments', () => {
    const draw = normals(7);
    const x = Array.from({ length: 60 }, (_, i) => i / 10);
    const estimates: number[] = [];
    let predicted = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      // One error in ten is ten times as large.
      const y = x.map((s) => 2 * Math.exp(-0.5 * s) + 0.1 * draw() * (draw() > 1.2816 ? 10 : 1));
      const fit = fitCurve(
        { x, y, model: (s, [a, b]) => a! * Math.exp(-b! * s), start: [1.5, 0.4] },
        { loss: 'huber', lossScale: 0.15 },
      );
      estimates.push(fit.parameters[1]!);
      predicted += fit.standardErrors![1]! ** 2 / runs;
    }
    const mean = estimates.reduce((sum, b) => sum + b, 0) / runs;
    const variance = estimates.reduce((sum, b) => sum + (b - mean) ** 2, 0) / (runs - 1);
    // The standard error of a variance from 300 draws is 8 %.
    expect(variance / predicted).toBeGreaterThan(0.75);
    expect(variance / predicted).toBeLessThan(1.33);
  });

  it('are absent, with the reason, where the cost is not convex', () => {
    const fit = leastSquares(([m]) => [m! - 3, m! + 3], [0], { loss: 'cauchy' });
    expect(fit).toMatchObject({ covariance: null, standardErrors: null });
    expect(fit.covarianceNote).toContain('not convex');
  });
});

describe('errors of squares', () => {
  const x = [0, 1, 2, 3];
  const y = [1, 3, 4.5, 7.5];
  const line = (s: number, [a, b]: Float64Array): number => a! + b! * s;

  it('do not count residuals of weight 0', () => {
    const fewer = fitCurve({ x, y, model: line, start: [0, 1] });
    const more = fitCurve(
      { x: [...x, 9, 9], y: [...y, 100, -100], model: line, start: [0, 1] },
      { weights: [1, 1, 1, 1, 0, 0] },
    );
    expect(more.degreesOfFreedom).toBe(2);
    more.standardErrors!.forEach((error, j) => expect(error / fewer.standardErrors![j]!).toBeCloseTo(1, 8));
  });

  it('are absent, with the reason, without degrees of freedom and where the rank is deficient', () => {
    const two = fitCurve({ x: [0, 1], y: [1, 2], model: line, start: [0, 0] });
    expect(two.covarianceNote).toContain('There are 2 residuals for 2 free parameters');
    const known = fitCurve({ x: [0, 1], y: [1, 2], model: line, start: [0, 0] }, { absoluteWeights: true });
    expect(known.standardErrors![0]).toBeCloseTo(1, 8);
    expect(known.standardErrors![1]).toBeCloseTo(Math.SQRT2, 8);
    const product = fitCurve({ x, y, model: (s, [a, b]) => 1 + a! * b! * s, start: [1, 1] });
    expect(product.covarianceNote).toContain('rank 1 in 2 free parameters');
  });

  it('are not known of a parameter that a bound holds, and 0 of one that is fixed', () => {
    const held = fitCurve({ x, y, model: line, start: [0, 1] }, { bounds: { upper: [0.5, 9] } });
    expect([...held.activeBounds]).toEqual([1, 0]);
    expect(held.standardErrors![0]).toBeNaN();
    expect(held.standardErrors![1]).toBeGreaterThan(0);
    expect(held.covariance!.data[1]).toBeNaN();
    expect(held.covarianceNote).toContain('parameter 0');
    const fixed = fitCurve({ x, y, model: line, start: [0.5, 1] }, { bounds: { lower: [0.5, -9], upper: [0.5, 9] } });
    expect(fixed.standardErrors![0]).toBe(0);
    expect(fixed.standardErrors![1]).toBeCloseTo(held.standardErrors![1]!, 10);
    expect(fixed.covarianceNote).toBeNull();
  });

  it('of an oracle need the variance where its loss is not squares', async () => {
    const A = matrix(5, 2, [1, 0, 1, 1, 1, 2, 1, 3, 1, 4]);
    const w = Float64Array.of(1, 2);
    const squares = await covariance(linear(A, squaredError([1, 3.5, 5, 6.5, 9]), w));
    expect(squares.standardErrors![0]).toBeGreaterThan(0);
    const outlier = linear(A, robust('huber', [1, 3, 5, 7, 90]), w);
    const unknown = await covariance(outlier);
    expect(unknown).toMatchObject({ covariance: null });
    expect(unknown.covarianceNote).toContain('pass the `variance`');
    await expect(covariance(outlier, { varience: 1 } as object)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
  });
});

describe('forms of bounds and options', () => {
  const x = [0, 1, 2, 3, 4];
  const y = x.map((s) => 2 * Math.exp(-0.5 * s) + 0.3);
  const model = (s: number, [a, b, c]: Float64Array): number => a! * Math.exp(-b! * s) + c!;
  const fit = (bounds: unknown): ReturnType<typeof fitCurve> =>
    fitCurve({ x, y, model, start: [1, 1, 1] }, { bounds: bounds as Bounds });

  it("takes scipy's pair, with numbers or lists", () => {
    const wanted = fit({ lower: [0, 0, 0.4], upper: 5 }).parameters;
    expect(fit([[0, 0, 0.4], [5, 5, 5]]).parameters).toEqual(wanted); // prettier-ignore
    expect(fit([[0, 0, 0.4], 5]).parameters).toEqual(wanted);
    expect(fit([Float64Array.of(0, 0, 0.4), 5]).parameters).toEqual(wanted);
    expect(wanted[2]).toBe(0.4);
    expect(fit([0, Infinity]).parameters).toEqual(fit({ lower: 0 }).parameters);
    const two = (bounds: unknown, start = [1, 1]): Float64Array =>
      leastSquares(([a, b]) => [a! - 7, b! - 7], start, { bounds: bounds as Bounds }).parameters;
    expect([...two([[0, 0], [5, 6]])]).toEqual([5, 6]); // prettier-ignore
    // As pairs they would be [0, 1] and [1, 6].
    expect([...two([[0, 1], [1, 6]])]).toEqual([1, 6]); // prettier-ignore
    expect(() => two([[0, 1], [2, 3]], [1, 2])).toThrow('write { lower, upper }'); // prettier-ignore
    expect(() => two([[0, 9], [0, 9]])).toThrow('write { lower, upper }'); // prettier-ignore
  });

  it.each<[string, unknown, string, string]>([
    ['{ min, max }', { min: 0, max: 5 }, 'UNKNOWN_OPTION', "bounds has no option 'min'"],
    ['a slip', { lower: 0, uper: [1, 1, 0.2] }, 'UNKNOWN_OPTION', "Did you mean 'upper'?"],
    ['null', null, 'BAD_OPTION', 'bounds'],
    ['one pair per parameter', [[0, 5], [0, 5], [0, 5]], 'BAD_OPTION', 'bounds'],
    ['a number', 5, 'BAD_OPTION', 'bounds'],
    ['null in a list', { lower: [0, null, 0] }, 'BAD_OPTION', 'bounds.lower[1]'],
    ['a string', { lower: '0' }, 'BAD_OPTION', 'bounds.lower'],
  ])('refuses %s', (_, bounds, code, message) => {
    expect(() => fit(bounds)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  }); // prettier-ignore

  it('refuses options in the first argument of fitCurve, and says where they go', () => {
    const curve =
      (extra: object): (() => unknown) =>
      () =>
        fitCurve({ x, y, model, start: [1, 1, 1], ...extra });
    for (const extra of [{ maxIterations: 5 }, { maxEvaluations: 5 }, { bounds: {} }, { weights: [1] }])
      expect(curve(extra)).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_OPTION', message: expect.stringContaining('second argument') }),
      );
    expect(curve({ model: 1 })).toThrow('model is 1');
    expect(curve({ x: undefined })).toThrow('x is undefined');
    expect(() => leastSquares([1] as never, [1])).toThrow('residuals is');
    expect(() => leastSquares(() => [1], [1], { jacobian: 3 as never })).toThrow('jacobian is 3');
  });
});
