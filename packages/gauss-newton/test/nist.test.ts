import { nistStrd, type NistProblem } from '@overparam/datasets/nist-strd';
import { leastSquares, type LeastSquaresOptions, type LeastSquaresResult } from '@overparam/gauss-newton';
import { describe, expect, it } from 'vitest';

/** As many digits as float64 gives. */
const tight = { gradientTolerance: null, stepTolerance: 1e-14, costTolerance: 1e-20 } satisfies LeastSquaresOptions;

/** -log10 of the relative error: how many digits are right. */
const digits = (x: number, certified: number): number => -Math.log10(Math.abs(x / certified - 1));
const leastDigits = (xs: ArrayLike<number>, certified: readonly number[]): number =>
  Math.min(...Array.from(xs, (x, i) => digits(x, certified[i]!)));

const runs: [string, 1 | 2, NistProblem][] = nistStrd.flatMap((problem) => [
  [problem.name, 1, problem],
  [problem.name, 2, problem],
]);

describe.each(runs)('NIST StRD %s, start %i', (name, start, { starts, residuals, jacobian, ...certified }) => {
  const fit = (options: LeastSquaresOptions): LeastSquaresResult =>
    leastSquares(residuals, starts[start - 1]!, { ...tight, ...options });

  it('has 8 digits of every parameter and of the sum of squares, and 7 of the standard errors', () => {
    const found = fit({ jacobian });
    expect(leastDigits(found.parameters, certified.certified)).toBeGreaterThanOrEqual(8);
    if (name === 'Lanczos1') {
      // Its residuals of 1e-13 are differences of numbers near 1: the sum of their squares, 1e-25, has rounding in its third digit.
      expect(digits(2 * found.cost, certified.residualSumOfSquares)).toBeGreaterThan(2);
      return;
    }
    expect(digits(2 * found.cost, certified.residualSumOfSquares)).toBeGreaterThanOrEqual(8);
    expect(leastDigits(found.standardErrors!, certified.standardDeviations)).toBeGreaterThanOrEqual(7);
  });

  it('has 6 digits of every parameter by finite differences', () => {
    const found = fit({});
    expect(leastDigits(found.parameters, certified.certified)).toBeGreaterThanOrEqual(6);
    if (name !== 'Lanczos1') expect(digits(2 * found.cost, certified.residualSumOfSquares)).toBeGreaterThanOrEqual(6);
  });
});
