import type { Matrix } from '@overparam/linear-algebra';
import { heldBy, optimality, type Box } from './box.ts';
import { covarianceOf, listOf, noFreedom, sandwich, type Covariance, type Freedom } from './covariance.ts';
import { rounding, type Iterate } from './iterate.ts';
import type { LeastSquaresStep, LeastSquaresStop, Settings } from './options.ts';
import type { LeastSquaresProblem } from './problem.ts';

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
  /**
   * Whether a tolerance was met ('gradient', 'cost' or 'step') at a solution: every free parameter has an effect, and either J has
   * full rank in them or the residuals are zero to rounding.
   */
  readonly converged: boolean;
  /** Why it stopped, and why it did not converge where a tolerance was met. */
  readonly message: string;
  /** Steps taken. */
  readonly iterations: number;
  /** Evaluations of the residuals, without those for finite differences. */
  readonly evaluations: number;
  readonly differenceEvaluations: number;
  readonly jacobianEvaluations: number;
  /** N - P, without residuals of weight 0 and parameters that a bound holds. */
  readonly degreesOfFreedom: number;
  /** s = sqrt(2 F / (N - P)), the standard deviation of the errors; NaN without degrees of freedom, and with a robust loss. */
  readonly residualStandardDeviation: number;
  /** The trial steps; empty unless asked for. */
  readonly history: readonly LeastSquaresStep[];
}

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

export function resultOf(
  problem: LeastSquaresProblem,
  box: Box,
  here: Iterate,
  settings: Settings,
  stopped: LeastSquaresStop,
): Omit<LeastSquaresResult, 'iterations' | 'history'> {
  const { counts, unit } = problem;
  const { at, local, lengths } = here;
  const gradient = gradientIn(unit, here);
  const activeBounds = heldBy(box, at.x, local.g);
  const freedom = Array.from(activeBounds, (side, j): Freedom =>
    box.lower[j] === box.upper[j] ? 'fixed' : side === 0 ? 'free' : 'held',
  );
  const free = [...freedom.keys()].filter((j) => freedom[j] === 'free');
  const degreesOfFreedom = problem.observations - free.length;
  const plain = settings.loss === 'linear';
  const deviation = plain && degreesOfFreedom > 0 ? Math.sqrt((2 * at.cost) / degreesOfFreedom) : NaN;
  const information = { model: local.model, freedom, tolerance: errorOfJacobian(settings, local.J) };
  const covariance = plain
    ? covarianceOf(
        information,
        settings.absoluteWeights
          ? 1 / unit
          : degreesOfFreedom > 0
            ? deviation
            : noFreedom(problem.observations, free.length),
      )
    : sandwich(information, { J: perUnit(local.J, unit), ...problem.influences(at), count: problem.observations });

  const met = stopped === 'gradient' || stopped === 'cost' || stopped === 'step';
  const idle = free.filter((j) => lengths[j] === 0);
  const deficient = covariance.rank < free.length;
  // Residuals of zero are a solution, be there others or not.
  const exact = at.cost <= rounding(here) || at.cost <= 1e-20 * problem.first.cost;
  const trouble =
    idle.length > 0
      ? ` But ${listOf(idle)} had no effect on the residuals, and did not move.`
      : deficient && !exact
        ? ` But the Jacobian has rank ${covariance.rank} in ${free.length} free parameters: the data do not determine them all.`
        : '';
  const others = trouble === '' && deficient ? ` Other parameters fit as well: the Jacobian has rank ${covariance.rank} in ${free.length} free ones.` : ''; // prettier-ignore
  return {
    parameters: at.x.slice(),
    cost: at.cost * unit ** 2,
    residuals: at.r,
    jacobian: local.J,
    gradient,
    optimality: optimality(box, at.x, gradient),
    activeBounds,
    stopped,
    converged: met && trouble === '',
    message: messages[stopped] + trouble + others,
    evaluations: counts.evaluations,
    differenceEvaluations: counts.differenceEvaluations,
    jacobianEvaluations: counts.jacobians,
    degreesOfFreedom,
    residualStandardDeviation: deviation * unit,
    ...covariance,
  };
}

/** The gradient of F, whose residuals were divided by `unit`. */
export const gradientIn = (unit: number, { local: { g } }: Iterate): Float64Array =>
  unit === 1 ? g : g.map((gj) => gj * unit ** 2);

const perUnit = (J: Matrix, unit: number): Matrix =>
  unit === 1 ? J : { ...J, data: J.data.map((entry) => entry / unit) };

/** The relative error of derivatives: what is left of a column below it is nothing. */
function errorOfJacobian({ jacobian, differenceStep }: Settings, { rows, columns }: Matrix): number {
  const exact = Math.min(Math.max(rows, columns) * Number.EPSILON, 1e-12);
  if (typeof jacobian === 'function') return exact;
  const [order, usual] = jacobian === '2-point' ? [1, Math.sqrt(Number.EPSILON)] : [2, Math.cbrt(Number.EPSILON)];
  const step =
    differenceStep === null
      ? usual
      : typeof differenceStep === 'number'
        ? differenceStep
        : Math.max(...Array.from(differenceStep));
  return Math.min(4 * Math.max(step, usual) ** order, 0.1);
}
