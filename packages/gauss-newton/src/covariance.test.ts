import { residualOracle, squaredError } from '@overparam/backend-float64';
import { leastSquares, matrix, multiply } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { linear } from '../test/problems.ts';
import { covariance } from './index.ts';

// A straight line through five points.
const A = matrix(5, 2, [1, 0, 1, 1, 1, 2, 1, 3, 1, 4]);
const y = [1.1, 2.9, 5.2, 6.8, 9.1];
const w = leastSquares(A, Float64Array.from(y)).solution;
const rss = y.reduce((sum, yi, i) => sum + (w[0]! + w[1]! * i - yi) ** 2, 0);
// (A^T A)^-1 by hand: sums of 1, t, t^2 are 5, 10, 30.
const inverse = [30 / 50, -10 / 50, -10 / 50, 5 / 50];

describe('covariance', () => {
  it.each(['sum', 'mean'] as const)('of a straight line, with a loss that is a %s', async (reduction) => {
    const { covariance: C, standardErrors, rank } = await covariance(linear(A, squaredError(y, { reduction }), w));
    expect(rank).toBe(2);
    const s2 = rss / 3;
    inverse.forEach((x, i) => expect(C!.data[i]).toBeCloseTo(s2 * x, 14));
    expect(standardErrors![1]).toBeCloseTo(Math.sqrt(s2 / 10), 14);
  });

  it('of known errors', async () => {
    const jacobian = (): typeof A => A;
    const residuals = (v: Float64Array): Float64Array => multiply(A, matrix(2, 1, v)).data.map((f, i) => f - y[i]!);
    const oracle = residualOracle(residuals, w, { jacobian });
    const { covariance: C } = await covariance(oracle, { variance: 1 });
    inverse.forEach((x, i) => expect(C!.data[i]).toBeCloseTo(x, 14));
    expect(oracle.parameters()).toEqual(w);
    await expect(covariance(oracle, { variance: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('is null where the data do not determine the parameters', async () => {
    const twice = matrix(5, 2, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect(await covariance(linear(twice, squaredError(y), w))).toMatchObject({ rank: 1, covariance: null });
    const wide = matrix(1, 2, [1, 2]);
    expect(await covariance(linear(wide, squaredError([1]), w))).toMatchObject({
      covariance: null,
      standardErrors: null,
    });
    const exact = matrix(2, 2, [1, 0, 1, 1]);
    expect(await covariance(linear(exact, squaredError([1, 2]), w))).toMatchObject({ rank: 2, covariance: null });
  });
});
