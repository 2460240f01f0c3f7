import { OverparamError, withDefaults } from '@overparam/core';
import { boxOf, optimality, type Box } from './box.ts';
import { isSmall, reasonToStop } from './convergence.ts';
import { dampedSteps, type DampedStep } from './damped-step.ts';
import { finiteOrNone, fullStep, hintsFrom, iterateOf, rounding, weightedNorm, type Iterate } from './iterate.ts';
import { checkScale, checkStart, checkTolerances, defaults, type LeastSquaresOptions, type LeastSquaresStep, type LeastSquaresStop, type Settings } from './options.ts'; // prettier-ignore
import { problemOf, type LeastSquaresProblem } from './problem.ts';
import { nextRadius, stepWithin } from './radius.ts';
import { gradientIn, resultOf, type LeastSquaresResult } from './result.ts';
import { judge } from './trial.ts';

/**
 * Minimises F(x) = 1/2 sum_i delta^2 rho(s_i r_i(x)^2 / delta^2), which is 1/2 |r(x)|^2 without weights and robust loss,
 * within bounds.
 *
 * - x: the parameters, P numbers; r: the residuals, N numbers; J = dr / dx, N x P
 * - s_i: `weights`; delta: `lossScale`; rho: `loss`
 * - D: the longest that the columns of J have been, or 1 / `scale`; C: the lengths of the columns now
 *
 * Levenberg and Marquardt's method as in MINPACK, on QR factors of J: steps p of least |J p + r| with |D p| <= radius,
 * J. J. More, "The Levenberg-Marquardt algorithm: implementation and theory" (1978).
 * Bounds hold parameters that would leave them, and the others' step is computed without those.
 *
 * Results do not depend on the units of residuals and parameters. A trial where residuals or derivatives are not finite is
 * refused, and a shorter one made; refusals alone never count as convergence. Where F is flat to rounding, a step is taken if it
 * shortens the gradient: F is known to half as many digits of the parameters as the gradient is.
 *
 * @param residuals r(x), N >= 1 numbers; it is handed its own copy of x
 * @param start x_0, P >= 1 numbers within the bounds; it is not changed
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, `NOT_FINITE` (the start, or residuals or derivatives there),
 *   `SHAPE_MISMATCH` (residuals that change in number, weights or a Jacobian of another size)
 */
export function leastSquares(
  residuals: (x: Float64Array) => ArrayLike<number>,
  start: ArrayLike<number>,
  options: LeastSquaresOptions = {},
): LeastSquaresResult {
  const settings = withDefaults<LeastSquaresOptions>('leastSquares', defaults, options);
  const { gradientTolerance, signal, onStep } = settings;
  checkTolerances(settings);
  const x0 = checkStart(start);
  const P = x0.length;
  const box = boxOf(settings.bounds, x0);
  const sizes = settings.scale === 'jacobian' ? null : checkScale(settings.scale, P);
  const maxEvaluations = settings.maxEvaluations ?? 400 * (P + 1);
  const problem = problemOf(residuals, x0, box, settings);
  const { unit } = problem;
  if (!(problem.first.cost * unit ** 2 < Infinity))
    throw new OverparamError('NOT_FINITE', 'The cost at `start` is not finite: choose a start where it is.');

  const nothing = new Float64Array(P);
  let here = iterateOf(problem, box, problem.first, { least: sizes ?? nothing, reach: nothing, thorough: true });
  const D = sizes ? sizes.map((size) => 1 / (size * unit)) : new Float64Array(P);
  let radius = NaN;
  let mu = 0;
  let iteration = 0;
  /** Whether a step did what the Jacobian predicted. */
  let proven = typeof settings.jacobian === 'string';
  let stopped: LeastSquaresStop | undefined =
    gradientTolerance !== null && here.cosine <= gradientTolerance ? 'gradient' : undefined;
  const history: LeastSquaresStep[] = [];

  while (stopped === undefined) {
    if (!sizes) here.lengths.forEach((length, j) => (D[j] = Math.max(D[j]!, length)));
    const scales = D.map((d) => d || 1);
    if (iteration === 0) radius = firstRadius(here, D);
    const stepAt = dampedSteps(here.local, scales, here.at.x, box);
    const full = fullStep(here, box, D);
    const noise = rounding(here);

    for (let renewed = false; !renewed && stopped === undefined;) {
      if (signal?.aborted) {
        stopped = 'signal';
        break;
      }
      const step = clearOfZero(here.at.x, box, radius, (within) => stepWithin(within, stepAt, full, mu));
      const trial = judge(problem, box, here, step, scales, noise);
      const before = here;
      if (trial.next) {
        here = trial.next;
        iteration++;
        proven ||= trial.gainRatio > 0.1 && trial.gainRatio < 10;
      }
      renewed = trial.next !== undefined;
      stopped = reasonToStop(settings, { before, here, full, trial, noise });
      if (stopped === undefined && problem.counts.evaluations >= maxEvaluations) stopped = 'evaluations';
      // Where the Jacobian is known to be right, F has more rounding than `noise` accounts for.
      if (stopped === undefined && trial.unmoved)
        stopped = proven && isSmall(before, full, settings.stepTolerance) ? 'step' : 'no-decrease';
      if (stopped !== undefined && stopped !== 'evaluations') {
        const again = lookAgain(problem, box, here, settings);
        if (again) {
          [here, stopped, renewed] = [again, undefined, true];
          if (trial.unmoved) radius = NaN;
        }
      }
      const report: LeastSquaresStep = {
        iteration,
        taken: trial.next !== undefined,
        cost: here.at.cost * unit ** 2,
        optimality: optimality(box, here.at.x, gradientIn(unit, here)),
        stepNorm: step.norm * unit,
        radius: radius * unit,
        gainRatio: trial.gainRatio,
        evaluations: problem.counts.evaluations,
      };
      if (settings.history) history.push(report);
      if (onStep?.(report, here.at.x.slice()) === false) stopped ??= 'onStep';
      radius = nextRadius(radius, step.norm, trial.rho);
      mu = step.mu;
    }
  }
  return { ...resultOf(problem, box, here, settings, stopped), iterations: iteration, history };
}

/** |D x|, or a thousandth of |r| where that is more: the parameters may be far smaller than they will be. D and r have one unit. */
const firstRadius = ({ at: { x, cost } }: Iterate, D: Float64Array): number =>
  Math.max(weightedNorm(D, x), 1e-3 * Math.sqrt(2 * cost)) || 1;

/**
 * The step within the radius; a shorter one where the radius happens to end where a parameter is zero but for rounding: a step
 * of |D x|, the first radius, does so in one dimension, and there a parameter has no size and many models have a pole.
 */
function clearOfZero(
  x: Float64Array,
  { lower, upper }: Box,
  radius: number,
  within: (radius: number) => DampedStep,
): DampedStep {
  const step = within(radius);
  const lands = step.to.some(
    (to, j) => x[j] !== 0 && Math.abs(to) <= 1e-12 * Math.abs(x[j]!) && to !== lower[j] && to !== upper[j],
  );
  return step.mu > 0 && lands ? within(0.7 * radius) : step;
}

/**
 * The same point with differences by other steps, before it is called a solution: where a parameter seems to have no effect.
 * Undefined where that is not so, or was looked at already, or where nothing else was found.
 */
function lookAgain(problem: LeastSquaresProblem, box: Box, here: Iterate, { jacobian }: Settings): Iterate | undefined {
  const silent = (lengths: Float64Array): number => lengths.filter((length) => length === 0).length;
  const zeros = silent(here.lengths);
  if (typeof jacobian === 'function' || here.thorough || zeros === 0) return undefined;
  const again = finiteOrNone(() => iterateOf(problem, box, here.at, hintsFrom(here, here.at.x, true)));
  return again && silent(again.lengths) < zeros ? again : undefined;
}
