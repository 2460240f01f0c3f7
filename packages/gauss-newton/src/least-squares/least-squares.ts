import { badOption, isOverparamError, OverparamError, withDefaults, type Signal } from '@overparam/core';
import { positive } from '@overparam/line-search';
import type { Matrix } from '@overparam/linear-algebra';
import { stopping, type StopOptions } from '../stop.ts';
import { boxOf, heldBy, optimality, type Bounds } from './box.ts';
import { columnNorms } from './column-norms.ts';
import { covarianceOf, type Covariance } from './covariance.ts';
import { dampedSteps } from './damped-step.ts';
import { problemOf, type Evaluation, type Linearization, type ProblemOptions } from './problem.ts';
import { nextRadius, stepWithin } from './radius.ts';

/**
 * Why it stopped: the criterion of that name; 'no-decrease', where no step decreases F, however short; or the caller, by
 * 'signal' or 'onStep'.
 */
export type LeastSquaresStop = 'gradient' | 'cost' | 'step' | 'evaluations' | 'no-decrease' | 'signal' | 'onStep';

/** One trial step. */
export interface LeastSquaresStep {
  /** How many steps were taken, this one included. */
  readonly iteration: number;
  readonly taken: boolean;
  /** F after this trial. */
  readonly cost: number;
  /** {@link LeastSquaresResult.optimality} there. */
  readonly optimality: number;
  /** |D p| of the trial, and the most that it was allowed. */
  readonly stepNorm: number;
  readonly radius: number;
  /** The decrease of F over the decrease that the model promised. */
  readonly gainRatio: number;
  readonly evaluations: number;
}

export interface LeastSquaresOptions
  extends Partial<ProblemOptions>, Pick<StopOptions, 'gradientTolerance' | 'stepTolerance' | 'costTolerance'> {
  readonly bounds?: Bounds;
  /** The sizes by which parameters are compared, 1/D; when 'jacobian', D is the length of the columns of J. */
  readonly scale?: 'jacobian' | ArrayLike<number>;
  /** How often the residuals are evaluated at most, those for finite differences apart; null: 400 (P + 1). */
  readonly maxEvaluations?: number | null;
  /** True: weights are 1/sigma_i^2 of known errors, and the covariance is (J^T J)^-1, not s^2 (J^T J)^-1. */
  readonly absoluteWeights?: boolean;
  /** Keeps every trial step in the result. */
  readonly history?: boolean;
  /** Stops before the next trial step. */
  readonly signal?: Signal | null;
  /** Called after each trial step, with a copy of the best parameters so far; return false to stop. */
  readonly onStep?: ((step: LeastSquaresStep, parameters: Float64Array) => unknown) | null;
}

export interface LeastSquaresResult extends Covariance {
  /** The best point found. */
  readonly parameters: Float64Array;
  /** F */
  readonly cost: number;
  /** r, as the function gave it. */
  readonly residuals: Float64Array;
  /** dr / dx, N x P. */
  readonly jacobian: Matrix;
  /** dF / dx */
  readonly gradient: Float64Array;
  /** max_i |x - P(x - g)|_i, with P the projection onto the bounds; max_i |g_i| without bounds. */
  readonly optimality: number;
  /** -1 for a parameter that its lower bound holds, 1 for its upper bound, 0 for one that is free. */
  readonly activeBounds: Int8Array;
  readonly stopped: LeastSquaresStop;
  /** Whether a tolerance was met: 'gradient', 'cost' or 'step'. */
  readonly converged: boolean;
  readonly message: string;
  /** Steps taken. */
  readonly iterations: number;
  /** Evaluations of the residuals, those for finite differences apart. */
  readonly evaluations: number;
  readonly differenceEvaluations: number;
  readonly jacobianEvaluations: number;
  /** N - P, without the parameters that a bound holds. */
  readonly degreesOfFreedom: number;
  /** s = sqrt(2 F / (N - P)), the standard deviation of the errors; NaN without degrees of freedom. */
  readonly residualStandardDeviation: number;
  /** The trial steps; empty unless asked for. */
  readonly history: readonly LeastSquaresStep[];
}

const defaults: Required<LeastSquaresOptions> = {
  jacobian: '3-point',
  bounds: {},
  loss: 'linear',
  lossScale: 1,
  weights: null,
  scale: 'jacobian',
  gradientTolerance: 1e-8,
  stepTolerance: 1e-8,
  costTolerance: 1e-8,
  maxEvaluations: null,
  absoluteWeights: false,
  history: false,
  signal: null,
  onStep: null,
};

const messages: Readonly<Record<LeastSquaresStop, string>> = {
  gradient: 'The gradient is within gradientTolerance.',
  cost: 'The cost changes by no more than costTolerance of it, and a full step does not promise more.',
  step: 'The step is within stepTolerance of the size of the parameters.',
  evaluations: 'The residuals were evaluated maxEvaluations times.',
  'no-decrease':
    'No step decreases the cost, however short: it is as low as rounding lets it be, or the jacobian is wrong.',
  signal: 'The signal was aborted.',
  onStep: 'onStep returned false.',
};

/**
 * Minimises F(x) = 1/2 sum_i delta^2 rho(s_i r_i(x)^2 / delta^2), which is 1/2 |r(x)|^2 without weights and robust loss,
 * within bounds.
 *
 * Levenberg and Marquardt's method as in MINPACK, on QR factors of J: a trust region |D p| <= radius with D the longest that
 * the columns of J have been, J. J. More, "The Levenberg-Marquardt algorithm: implementation and theory" (1978).
 * Bounds hold parameters that would leave them, and the others' step is computed without those.
 *
 * A trial where residuals or derivatives are not finite is refused, and a shorter one made. Where F is flat to rounding, a step
 * is taken if it shortens the gradient: F is known to half as many digits of the parameters as the gradient is.
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
  const settled = withDefaults<LeastSquaresOptions>('leastSquares', defaults, options);
  const { gradientTolerance, signal, onStep } = settled;
  const x0 = checkStart(start);
  const P = x0.length;
  const box = boxOf(settled.bounds, x0);
  const sizes = settled.scale === 'jacobian' ? null : checkScale(settled.scale, P);
  const maxEvaluations = settled.maxEvaluations ?? 400 * (P + 1);
  const criteria = stopping({ ...settled, maxEvaluations, targetLoss: null });
  positive('lossScale', settled.lossScale);
  const problem = problemOf(residuals, x0, box, settled);

  let at = problem.first;
  if (at.cost === Infinity)
    throw new OverparamError('NOT_FINITE', 'The cost of the start is not finite: start where it is.');
  const D = sizes ? sizes.map((size) => 1 / size) : new Float64Array(P);
  let local = problem.linearize(at, negligible(at.x, D));
  let optimal = optimality(box, at.x, local.g);
  let radius = NaN;
  let mu = 0;
  let iteration = 0;
  let stopped: LeastSquaresStop | undefined =
    gradientTolerance !== null && optimal <= gradientTolerance ? 'gradient' : undefined;
  const history: LeastSquaresStep[] = [];
  /** |D^-1 g|, without parameters that a bound holds. */
  const freeNorm = (x: Float64Array, g: Float64Array): number => {
    const held = heldBy(box, x, g);
    return Math.hypot(...g.map((gj, j) => (held[j] === 0 ? gj / D[j]! : 0)));
  };

  while (stopped === undefined) {
    if (!sizes) columnNorms(local.scaledJ).forEach((norm, j) => (D[j] = Math.max(D[j]!, norm) || 1));
    const parameterNorm = Math.hypot(...at.x.map((x, j) => D[j]! * x));
    // D has the unit of residuals over that of parameters, unless it was given.
    if (iteration === 0) radius = parameterNorm || (sizes ? 1 : Math.sqrt(2 * at.cost));
    const stepAt = dampedSteps(local, D, at.x, box);
    const full = stepAt(0);
    const noise = rounding(at, local);
    const gradientNorm = freeNorm(at.x, local.g);

    for (let taken = false; !taken && stopped === undefined;) {
      if (signal?.aborted) {
        stopped = 'signal';
        break;
      }
      const step = stepWithin(radius, stepAt, full, mu);
      const trial = problem.evaluate(step.to);
      const gainRatio = step.predicted > 0 ? (at.cost - trial.cost) / step.predicted : NaN;
      const flat = step.predicted <= noise && trial.cost <= at.cost + noise;
      const linearize = (): Linearization => problem.linearize(trial, negligible(trial.x, D));
      let next = trial.cost < at.cost || flat ? finiteOrNone(linearize) : undefined;
      if (next && trial.cost >= at.cost && freeNorm(trial.x, next.g) >= gradientNorm) next = undefined;
      taken = next !== undefined;
      const rho = !taken ? 0 : trial.cost >= at.cost ? 0.5 : gainRatio;

      const cost = at.cost;
      const unmoved = trial.x.every((x, j) => x === at.x[j]);
      if (next) {
        [at, local] = [trial, next];
        optimal = optimality(box, at.x, local.g);
        iteration++;
      }
      // A short step says little where it was cut short: then the full one is asked.
      const reason = criteria({
        value: cost,
        trial: trial.cost,
        moved: taken,
        gradientNorm: optimal,
        largestGradient: optimal,
        stepNorm: taken ? full.norm : step.norm,
        parameterNorm,
        predicted: full.predicted,
        evaluations: problem.counts.evaluations,
      }) as LeastSquaresStop | undefined;
      stopped = reason ?? (unmoved ? 'no-decrease' : undefined);
      const told: LeastSquaresStep = {
        iteration,
        taken,
        cost: at.cost,
        optimality: optimal,
        stepNorm: step.norm,
        radius,
        gainRatio,
        evaluations: problem.counts.evaluations,
      };
      if (settled.history) history.push(told);
      if (onStep?.(told, at.x.slice()) === false) stopped ??= 'onStep';
      radius = nextRadius(radius, step.norm, rho);
      mu = step.mu;
    }
  }

  const activeBounds = heldBy(box, at.x, local.g);
  const degreesOfFreedom = at.r.length - activeBounds.filter((side) => side === 0).length;
  const variance = degreesOfFreedom > 0 ? (2 * at.cost) / degreesOfFreedom : NaN;
  const { counts } = problem;
  return {
    parameters: at.x.slice(),
    cost: at.cost,
    residuals: at.r,
    jacobian: local.J,
    gradient: local.g,
    optimality: optimal,
    activeBounds,
    stopped,
    converged: stopped === 'gradient' || stopped === 'cost' || stopped === 'step',
    message: messages[stopped],
    iterations: iteration,
    evaluations: counts.evaluations,
    differenceEvaluations: counts.differenceEvaluations,
    jacobianEvaluations: counts.jacobians,
    degreesOfFreedom,
    residualStandardDeviation: Math.sqrt(variance),
    ...covarianceOf(local.scaledJ, activeBounds, settled.absoluteWeights ? 1 : variance),
    history,
  };
}

/** By how much rounding may change F: a few eps sum_i |r_i| (|r_i| + sum_j |J_ij x_j|). */
function rounding({ x }: Evaluation, { scaledJ: { columns, data }, scaledR }: Linearization): number {
  let sum = 0;
  scaledR.forEach((r, i) => {
    let size = Math.abs(r);
    for (let j = 0; j < columns; j++) size += Math.abs(data[i * columns + j]! * x[j]!);
    sum += Math.abs(r) * size;
  });
  return 16 * Number.EPSILON * sum;
}

/** Undefined where derivatives are not finite: the trial is then refused. */
function finiteOrNone(linearize: () => Linearization): Linearization | undefined {
  try {
    return linearize();
  } catch (error) {
    if (isOverparamError(error, 'NOT_FINITE')) return undefined;
    throw error;
  }
}

/**
 * A thousandth of |D x| / D_j: a parameter below it, one that is about zero at the solution, has no size that says by how much
 * to change it for a difference that is more than rounding. Zero as long as D is.
 */
function negligible(x: Float64Array, D: Float64Array): Float64Array {
  const whole = Math.hypot(...x.map((xj, j) => D[j]! * xj));
  return D.map((d) => (d > 0 ? (1e-3 * whole) / d : 0));
}

function checkStart(start: ArrayLike<number>): Float64Array {
  if (!(start?.length >= 1)) throw badOption('start', start, 'one number a parameter, and one parameter or more');
  const x = Float64Array.from(start);
  const i = x.findIndex((value) => !Number.isFinite(value));
  if (i >= 0) throw new OverparamError('NOT_FINITE', `start[${i}] is ${x[i]}: it must be a finite number.`);
  return x;
}

function checkScale(scale: ArrayLike<number>, parameters: number): Float64Array {
  if (scale.length !== parameters)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `scale has ${scale.length} numbers, and there are ${parameters} parameters.`,
    );
  const sizes = Float64Array.from(scale);
  const i = sizes.findIndex((size) => !(size > 0 && size < Infinity));
  if (i >= 0) throw badOption(`scale[${i}]`, sizes[i], 'a finite number > 0');
  return sizes;
}
