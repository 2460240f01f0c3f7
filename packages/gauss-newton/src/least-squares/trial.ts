import type { Box } from './box.ts';
import type { DampedStep } from './damped-step.ts';
import { finiteOrNone, freeNorm, hintsFrom, iterateOf, type Iterate } from './iterate.ts';
import type { LeastSquaresProblem } from './problem.ts';

export interface Trial {
  /** Where it leads; undefined where it is refused. */
  readonly next: Iterate | undefined;
  readonly cost: number;
  /** |D p| */
  readonly stepNorm: number;
  readonly gainRatio: number;
  /** What the radius is led by. */
  readonly rho: number;
  /** Whether F is flat to rounding here, so that the gradient decided. */
  readonly flat: boolean;
  readonly unmoved: boolean;
}

export function judge(
  problem: LeastSquaresProblem,
  box: Box,
  here: Iterate,
  step: DampedStep,
  scales: Float64Array,
  noise: number,
): Trial {
  const { at } = here;
  const there = problem.evaluate(step.to);
  const gainRatio = step.predicted > 0 ? (at.cost - there.cost) / step.predicted : NaN;
  const flat = step.predicted <= noise && there.cost <= at.cost + noise;
  let next =
    there.cost < at.cost || flat
      ? finiteOrNone(() => iterateOf(problem, box, there, hintsFrom(here, there.x, false)))
      : undefined;
  const rises = there.cost >= at.cost;
  if (next && rises && freeNorm(box, next, scales) >= freeNorm(box, here, scales)) next = undefined;
  const rho = !next ? 0 : rises ? 0.5 : gainRatio;
  return {
    next,
    cost: there.cost,
    stepNorm: step.norm,
    gainRatio,
    rho,
    flat,
    unmoved: there.x.every((x, j) => x === at.x[j]),
  };
}
