import { describe, expect, it } from 'vitest';
import { armijo, backtracking, goldstein } from '@overparam/line-search';
import { bfgs, conjugateGradients, globalBarzilaiBorwein, gradientDescent, type Minimised } from './minimisers.ts';
import { gradient, problems, value, type Problem } from './more-garbow-hillstrom.ts';

const smooth = (problem: Problem) => ({
  value: (x: readonly number[]): number => value(problem, x),
  gradient: (x: readonly number[]): number[] => gradient(problem, x),
});

const named = (name: string): Problem => problems.find((problem) => problem.name === name)!;

const expectMinimum = ({ minima }: Problem, { value }: Minimised, tolerance: number): void => {
  const gap = Math.min(...minima.map((minimum) => Math.abs(value - minimum) / (minimum || 1e-3)));
  expect(gap).toBeLessThan(tolerance);
};

describe('plain deterministic minimisation (Moré, Garbow and Hillstrom)', () => {
  it.each(problems)('BFGS with the strong Wolfe search: $name', (problem) => {
    const end = bfgs(smooth(problem), { start: problem.start, tolerance: 1e-8, maxIterations: 1000 });
    expectMinimum(problem, end, 1e-6);
  });

  it.each(['1 Rosenbrock', '5 Beale', '14 Wood', '21 extended Rosenbrock', '30 Broyden tridiagonal'].map(named))(
    'conjugate gradients with a tight strong Wolfe search: $name',
    (problem) => {
      const end = conjugateGradients(smooth(problem), { start: problem.start, tolerance: 1e-7, maxIterations: 5000 });
      expectMinimum(problem, end, 1e-8);
    },
  );

  it.each(
    ['1 Rosenbrock', '5 Beale', '7 helical valley', '14 Wood', '21 extended Rosenbrock', '32 linear, full rank'].map(
      named,
    ),
  )('Barzilai and Borwein with a nonmonotone search: $name', (problem) => {
    const searching = backtracking({ accept: armijo({ c: 1e-4 }) });
    const end = globalBarzilaiBorwein(smooth(problem), searching, {
      start: problem.start,
      tolerance: 1e-7,
      maxIterations: 5000,
    });
    expectMinimum(problem, end, 1e-8);
  });

  it.each(['1 Rosenbrock', '5 Beale', '32 linear, full rank'].map(named))(
    'gradient descent, by backtracking and by Goldstein: $name',
    (problem) => {
      const rules = { start: problem.start, tolerance: 1e-5, maxIterations: 40_000 };
      const byArmijo = gradientDescent(smooth(problem), backtracking({ accept: armijo({ c: 1e-4 }) }), rules);
      expectMinimum(problem, byArmijo, 1e-6);
      const byGoldstein = gradientDescent(smooth(problem), goldstein({ eta_max: Infinity }), rules);
      expectMinimum(problem, byGoldstein, 1e-6);
    },
  );
});
