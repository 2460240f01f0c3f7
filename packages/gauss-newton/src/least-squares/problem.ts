import { badOption, OverparamError } from '@overparam/core';
import { namedRho, type Rho, type RhoName } from '@overparam/backend-float64';
import { fromRows, matrix, type Matrix } from '@overparam/linear-algebra';
import type { Box } from './box.ts';
import { allFinite, differences, largest, type DifferenceHints, type Differences } from './differences.ts';
import type { Linearization } from './linearization.ts';
import { safeUnit, triangularModel } from './triangular-model.ts';

/** The derivative of the residuals, N x P, as a matrix or as its rows. */
export type Jacobian = (x: Float64Array) => Matrix | readonly ArrayLike<number>[];

export interface ProblemOptions {
  /** A function, or the finite differences to use instead. @default '3-point' */
  readonly jacobian: Jacobian | Differences;
  /**
   * Steps of the finite differences relative to the size of each parameter, one for all or one per parameter (scipy's
   * `diff_step`): for residuals that are noisier than rounding. Null chooses them. @default null
   */
  readonly differenceStep: number | ArrayLike<number> | null;
  /** rho, by name or as z -> [rho, rho', rho'']. @default 'linear' */
  readonly loss: RhoName | Rho;
  /** delta, the size of a residual at which a robust loss begins to differ from a square. @default 1 */
  readonly lossScale: number;
  /** s_i >= 0, one per residual; null: all are 1. @default null */
  readonly weights: ArrayLike<number> | null;
}

/** What is known at a point. */
export interface Evaluation {
  readonly x: Float64Array;
  /** r(x), as it was given. */
  readonly r: Float64Array;
  /** F(x) / unit^2; Infinity where r is not finite. */
  readonly cost: number;
}

/** How one residual enters the gradient of F and its derivative: psi_i and psi_i' for r_i / unit. */
export interface Influences {
  readonly psi: Float64Array;
  readonly slope: Float64Array;
}

export interface LeastSquaresProblem {
  /** At the start. */
  readonly first: Evaluation;
  /** A power of two that residuals are divided by, so that their squares neither overflow nor underflow. */
  readonly unit: number;
  /** Residuals with a weight above 0. */
  readonly observations: number;
  evaluate(x: Float64Array): Evaluation;
  linearize(at: Evaluation, hints: DifferenceHints): Linearization;
  influences(at: Evaluation): Influences;
  /** `evaluations` are those of the residuals, without those for finite differences. */
  readonly counts: { evaluations: number; differenceEvaluations: number; jacobians: number };
}

/** No residual counts for less than this part of its weight: second derivatives of a robust loss may be negative. */
const leastCurvature = 1e-2;

/**
 * F(x) = 1/2 sum_i delta^2 rho(z_i), z_i = s_i r_i^2 / delta^2. With t_i = rho'(z_i) + 2 z_i rho''(z_i) its Hessian is about
 * J^T diag(s t) J: the J~ and r~ of the model are the rows of J times sqrt(s t), and r times sqrt(s) rho' / sqrt(t).
 */
export function problemOf(
  residuals: (x: Float64Array) => ArrayLike<number>,
  start: Float64Array,
  box: Box,
  { jacobian, differenceStep, loss, lossScale, weights }: ProblemOptions,
): LeastSquaresProblem {
  if (typeof residuals !== 'function') throw badOption('residuals', residuals, 'a function of the parameters');
  const rho = namedRho(loss);
  const plain = loss === 'linear';
  if (typeof jacobian !== 'function' && jacobian !== '2-point' && jacobian !== '3-point')
    throw badOption('jacobian', jacobian, "a function, '2-point' or '3-point'");
  const steps = differenceStep === null ? null : checkSteps(differenceStep, start.length);
  const counts = { evaluations: 1, differenceEvaluations: 0, jacobians: 0 };
  const r0 = firstResiduals(residuals(start.slice()));
  const N = r0.length;
  const s = weights === null ? null : checkWeights(weights, N);
  const unit = safeUnit(largest(r0));
  const delta = lossScale / unit;

  const call = (x: Float64Array, into: Float64Array = new Float64Array(N)): Float64Array => {
    const r = residuals(x.slice());
    if (r?.length !== N)
      throw new OverparamError(
        'SHAPE_MISMATCH',
        `There are ${r?.length} residuals, and there were ${N} at the start: their number must not change.`,
      );
    into.set(r);
    return into;
  };
  const byDifferences =
    typeof jacobian === 'string'
      ? differences((x, into) => (counts.differenceEvaluations++, call(x, into)), { order: jacobian, box, steps })
      : null;
  const jacobianAt = ({ x, r }: Evaluation, hints: DifferenceHints): Matrix => {
    counts.jacobians++;
    if (byDifferences) return byDifferences(x, r, hints);
    const given = (jacobian as Jacobian)(x.slice());
    const J = 'rows' in given ? given : fromRows(given);
    if (J.rows !== N || J.columns !== x.length || J.data.length !== N * x.length)
      throw new OverparamError(
        'SHAPE_MISMATCH',
        `The Jacobian is ${J.rows} x ${J.columns}: it must have ${N} rows of ${x.length} numbers, one per residual.`,
      );
    return matrix(N, x.length, new Float64Array(J.data));
  };
  const costOf = (r: Float64Array): number => {
    let sum = 0;
    if (plain && !s) for (let i = 0; i < N; i++) sum += (r[i]! / unit) ** 2;
    else
      for (let i = 0; i < N; i++) {
        const weight = s ? s[i]! : 1;
        if (weight > 0) sum += plain ? weight * (r[i]! / unit) ** 2 : rho(weight * (r[i]! / unit / delta) ** 2)[0];
      }
    const cost = plain ? 0.5 * sum : 0.5 * delta ** 2 * sum;
    return Number.isFinite(cost) ? cost : Infinity;
  };
  return {
    counts,
    unit,
    observations: s ? s.filter((weight) => weight > 0).length : N,
    first: { x: start, r: r0, cost: costOf(r0) },
    evaluate(x) {
      counts.evaluations++;
      const r = call(x);
      return { x, r, cost: costOf(r) };
    },
    linearize(at, hints) {
      const J = jacobianAt(at, hints);
      checkDerivatives(J);
      const { rows, columns } = J;
      const same = plain && !s && unit === 1;
      const scaledR = same ? at.r : new Float64Array(rows);
      const scaledJ = same ? J : matrix(rows, columns, J.data.slice());
      for (let i = 0; !same && i < rows; i++) {
        const weight = s ? s[i]! : 1;
        const r = at.r[i]! / unit;
        const z = weight * (r / delta) ** 2;
        const [, first, second] = plain ? [z, 1, 0] : rho(z);
        const curvature = Math.max(first + 2 * z * second, leastCurvature * first);
        const by = weight > 0 && curvature > 0 ? Math.sqrt(weight * curvature) : 0;
        for (let j = 0; j < columns; j++) scaledJ.data[i * columns + j] = (scaledJ.data[i * columns + j]! * by) / unit;
        scaledR[i] = by === 0 ? 0 : (weight * first * r) / by;
      }
      return { J, scaledJ, scaledR, g: gradientOf(scaledJ, scaledR), model: triangularModel(scaledJ, scaledR) };
    },
    influences({ r }) {
      const psi = new Float64Array(N);
      const slope = new Float64Array(N);
      for (let i = 0; i < N; i++) {
        const weight = s ? s[i]! : 1;
        if (weight === 0) continue;
        const z = weight * (r[i]! / unit / delta) ** 2;
        const [, first, second] = rho(z);
        psi[i] = weight * first * (r[i]! / unit);
        slope[i] = weight * (first + 2 * z * second);
      }
      return { psi, slope };
    },
  };
}

/** A^T b */
function gradientOf({ rows, columns, data }: Matrix, b: Float64Array): Float64Array {
  const g = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) g[j]! += data[i * columns + j]! * b[i]!;
  return g;
}

function checkDerivatives({ columns, data }: Matrix): void {
  if (allFinite(data)) return;
  const broken = data.findIndex((entry) => !Number.isFinite(entry));
  throw new OverparamError(
    'NOT_FINITE',
    `The derivative of residual ${Math.floor(broken / columns)} in parameter ${broken % columns} is ${data[broken]}.`,
  );
}

function firstResiduals(given: ArrayLike<number>): Float64Array {
  if (!(given?.length >= 1))
    throw new OverparamError('SHAPE_MISMATCH', `There are ${given?.length} residuals: there must be one or more.`);
  const r = new Float64Array(given);
  const i = r.findIndex((value) => !Number.isFinite(value));
  if (i < 0) return r;
  throw new OverparamError(
    'NOT_FINITE',
    `Residual ${i} is ${r[i]} at the start: check the data, or choose a start where it is finite.`,
  );
}

function checkWeights(weights: ArrayLike<number>, count: number): Float64Array {
  if (weights.length !== count)
    throw new OverparamError('SHAPE_MISMATCH', `There are ${weights.length} weights and ${count} residuals.`);
  const s = new Float64Array(weights);
  const i = s.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (i >= 0) throw badOption(`weights[${i}]`, s[i], 'a finite number >= 0');
  return s;
}

function checkSteps(given: number | ArrayLike<number>, parameters: number): Float64Array {
  const steps = typeof given === 'number' ? new Float64Array(parameters).fill(given) : new Float64Array(given);
  if (steps.length !== parameters)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `differenceStep has ${steps.length} numbers, and there are ${parameters} parameters.`,
    );
  const j = steps.findIndex((step) => !(step > 0 && step < Infinity));
  if (j >= 0) throw badOption(`differenceStep${typeof given === 'number' ? '' : `[${j}]`}`, steps[j], 'a finite number > 0'); // prettier-ignore
  return steps;
}
