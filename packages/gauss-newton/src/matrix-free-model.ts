import { type Asking, type CompositeOracle, type Inquiry, type JacobianRequest } from '@overparam/core';
import { conjugateGradientSteps, matrix } from '@overparam/linear-algebra';
import { times, transposedTimes } from './blocks.ts';
import { dualStep } from './dual-step.ts';
import { type LossModel } from './loss-model.ts';
import { displacement, type Displacement, type Model } from './model.ts';
import { dot, plus } from './vector.ts';

export interface ConjugateGradientStop {
  /** Relative to the right-hand side. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/**
 * The model in the space of the outputs without the kernel: (S^T K S + eps I) y = u by conjugate gradients, a
 * `kernelProduct` an iteration. A solution short of the tolerance is taken as it is (a truncated step): it descends too.
 */
export function matrixFreeModel(
  oracle: Asking<CompositeOracle>,
  loss: LossModel,
  { tolerance, maxIterations }: ConjugateGradientStop,
  request?: JacobianRequest,
): Model {
  const { S, C } = loss;
  function* apply(x: Float64Array): Inquiry<Float64Array> {
    return (yield* oracle.kernelProduct(matrix(x.length / C, C, x), request)).data;
  }
  const displaced = (z: Float64Array, outputs: Float64Array, solved: Partial<Displacement> = {}): Displacement =>
    displacement(loss, { from: matrix(z.length / C, C, z), outputs, squaredNorm: dot(z, outputs), ...solved });
  return {
    form: 'cg',
    loss,
    largestGradient: null,
    largestColumn: null,
    displacement: displaced,
    *minimise({ eps }, target, start) {
      let iterations = 0;
      let restart: Float64Array | null = null;
      function* solve(b: Float64Array): Inquiry<Float64Array> {
        const warm = b === target.u && start?.length === b.length;
        const steps = conjugateGradientSteps(b, { tolerance, maxIterations, ...(warm && { start }) });
        let turn = steps.next();
        while (!turn.done) {
          const x = turn.value;
          turn = steps.next(plus(transposedTimes(S, yield* apply(times(S, x))), eps, x));
        }
        iterations += turn.value.iterations;
        if (b === target.u) restart = turn.value.solution;
        return turn.value.solution;
      }
      const z = yield* dualStep(loss, target, eps, { solve, apply });
      return displaced(z, yield* apply(z), { iterations, restart });
    },
    spectrum: null,
  };
}
