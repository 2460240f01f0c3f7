import { type Curvature } from './linearise.ts';
import { type GaussNewtonOracle } from './oracle.ts';
import { type SolverName } from './solver.ts';

type Questions = readonly (keyof GaussNewtonOracle & string)[];

const ofSolver: Readonly<Record<SolverName, Questions>> = {
  auto: ['kernel', 'kernelProduct', 'pullback'],
  dual: ['kernel', 'pullback'],
  primal: ['jacobian', 'direct'],
  cg: ['kernelProduct', 'pullback'],
};

/** What a method needs to ask, and what it asks where it is answered. */
export const questions = (
  { curvature, solver }: { readonly curvature: Curvature; readonly solver: SolverName },
  own: Questions,
): { readonly needs: Questions; readonly wants: Questions } => ({
  needs: [
    'dimensions',
    'lossGradient',
    ...(curvature === 'loss' ? (['lossHessianFactor'] as const) : []),
    ...ofSolver[solver],
    ...own,
    'probe',
    'move',
  ],
  wants: [...(solver === 'auto' ? (['jacobian', 'direct'] as const) : []), 'sizes', 'largestSquaredColumn'],
});
