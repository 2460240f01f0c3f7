import { badOption, withDefaults } from '@overparam/core';
import { count, fraction } from '@overparam/line-search';

/**
 * How the linear system of a step is solved: with the kernel, N C x N C (`dual`); with the Jacobian, N C x P (`primal`);
 * by conjugate gradients with kernel products (`cg`); or (`auto`) primal where P < N C and the oracle answers `jacobian`
 * and `direct`, conjugate gradients where N C is large and the damping allows it, and dual otherwise.
 */
export type SolverName = 'auto' | 'dual' | 'primal' | 'cg';

export interface ConjugateGradientOptions {
  /** Of |b - A x| / |b|. */
  readonly tolerance?: number;
  /** A truncated solution is taken as it is. */
  readonly maxIterations?: number;
  /** Whether to start from the solution of the step before. */
  readonly warmStart?: boolean;
  /** N C above which `auto` takes conjugate gradients. */
  readonly above?: number;
}

const defaults: Required<ConjugateGradientOptions> = {
  tolerance: 1e-8,
  maxIterations: 1000,
  warmStart: true,
  above: 4000,
};

export interface Solver {
  readonly name: SolverName;
  readonly cg: Required<ConjugateGradientOptions>;
}

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export function resolveSolver(name: SolverName, given: ConjugateGradientOptions): Solver {
  if (!['auto', 'dual', 'primal', 'cg'].includes(name))
    throw badOption('solver', name, "'auto', 'dual', 'primal' or 'cg'");
  const cg = withDefaults('cg', defaults, given);
  fraction('cg.tolerance', cg.tolerance);
  count('cg.maxIterations', cg.maxIterations);
  count('cg.above', cg.above);
  if (typeof cg.warmStart !== 'boolean') throw badOption('cg.warmStart', cg.warmStart, 'true or false');
  return { name, cg };
}
