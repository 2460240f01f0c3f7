import { badOption, OverparamError } from '@overparam/core';
import { namedRho, type Rho, type RhoName } from '@overparam/backend-float64';
import { fromRows, matrix, multiply, type Matrix } from '@overparam/linear-algebra';
import type { Box } from './box.ts';
import { numericJacobian, type Differences } from './numeric-jacobian.ts';

/** The derivative of the residuals, N x P, as a matrix or as its rows. */
export type Jacobian = (x: Float64Array) => Matrix | readonly ArrayLike<number>[];

export interface ProblemOptions {
  /** A function, or the finite differences to take in its place. */
  readonly jacobian: Jacobian | Differences;
  readonly loss: RhoName | Rho;
  readonly lossScale: number;
  readonly weights: ArrayLike<number> | null;
}

/** What is known at a point. */
export interface Evaluation {
  readonly x: Float64Array;
  /** r(x), as it was given. */
  readonly r: Float64Array;
  /** F(x); Infinity where r is not finite. */
  readonly cost: number;
}

/** The local model F(x + p) ~ F(x) + g . p + |J~ p|^2 / 2, with g = J~^T r~. */
export interface Linearization {
  /** The derivative of r itself. */
  readonly J: Matrix;
  readonly scaledJ: Matrix;
  readonly scaledR: Float64Array;
  /** The gradient of F. */
  readonly g: Float64Array;
}

export interface LeastSquaresProblem {
  /** At the start. */
  readonly first: Evaluation;
  evaluate(x: Float64Array): Evaluation;
  /** @param least below which sizes of parameters count as these, for finite differences */
  linearize(at: Evaluation, least: Float64Array): Linearization;
  /** Of the residuals: those for finite differences apart. */
  readonly counts: { evaluations: number; differenceEvaluations: number; jacobians: number };
}

/** No residual counts for less than this part of its weight: second derivatives of a robust loss may be negative. */
const leastCurvature = 1e-2;

/**
 * F(x) = 1/2 sum_i delta^2 rho(z_i), z_i = s_i r_i^2 / delta^2. With t_i = rho'(z_i) + 2 z_i rho''(z_i) its Hessian is about
 * J^T diag(s t) J: the J~ and r~ of the model are the rows of J by sqrt(s t), and r by sqrt(s) rho' / sqrt(t).
 */
export function problemOf(
  residuals: (x: Float64Array) => ArrayLike<number>,
  start: Float64Array,
  box: Box,
  { jacobian, loss, lossScale, weights }: ProblemOptions,
): LeastSquaresProblem {
  const rho = namedRho(loss);
  if (typeof jacobian === 'string' && jacobian !== '2-point' && jacobian !== '3-point')
    throw badOption('jacobian', jacobian, "a function, '2-point' or '3-point'");
  const counts = { evaluations: 1, differenceEvaluations: 0, jacobians: 0 };
  const weightOf = (i: number): number => (s ? s[i]! : 1);
  const r0 = firstResiduals(residuals(start.slice()));
  const count = r0.length;
  const s = weights === null ? null : checkWeights(weights, count);
  const call = (x: Float64Array): Float64Array => {
    const r = residuals(x.slice());
    if (r?.length !== count)
      throw new OverparamError(
        'SHAPE_MISMATCH',
        `There are ${r?.length} residuals, and there were ${count} at the start: their number must not change.`,
      );
    return Float64Array.from(r);
  };
  const jacobianAt = ({ x, r }: Evaluation, least: Float64Array): Matrix => {
    counts.jacobians++;
    if (typeof jacobian === 'string') {
      const counted = (at: Float64Array): Float64Array => (counts.differenceEvaluations++, call(at));
      return numericJacobian(counted, x, r, jacobian, box, least);
    }
    const given = jacobian(x.slice());
    const J = 'rows' in given ? given : fromRows(given);
    if (J.rows !== count || J.columns !== x.length || J.data.length !== count * x.length)
      throw new OverparamError(
        'SHAPE_MISMATCH',
        `The Jacobian is ${J.rows} x ${J.columns}: it takes ${count} rows of ${x.length}, one a residual.`,
      );
    return matrix(count, x.length, Float64Array.from(J.data));
  };
  const evaluation = (x: Float64Array, r: Float64Array): Evaluation => {
    let sum = 0;
    r.forEach((ri, i) => {
      if (weightOf(i) > 0) sum += rho(weightOf(i) * (ri / lossScale) ** 2)[0];
    });
    const cost = 0.5 * lossScale ** 2 * sum;
    return { x, r, cost: Number.isFinite(cost) ? cost : Infinity };
  };
  return {
    counts,
    first: evaluation(start, r0),
    evaluate(x) {
      counts.evaluations++;
      return evaluation(x, call(x));
    },
    linearize(at, least) {
      const J = jacobianAt(at, least);
      const { rows, columns } = J;
      const broken = J.data.findIndex((entry) => !Number.isFinite(entry));
      if (broken >= 0)
        throw new OverparamError(
          'NOT_FINITE',
          `The derivative of residual ${Math.floor(broken / columns)} in parameter ${broken % columns} is ${J.data[broken]}.`,
        );
      const scaledJ = matrix(rows, columns, J.data.slice());
      const scaledR = new Float64Array(rows);
      at.r.forEach((ri, i) => {
        const weight = weightOf(i);
        const z = weight * (ri / lossScale) ** 2;
        const [, first, second] = rho(z);
        const curvature = Math.max(first + 2 * z * second, leastCurvature * first);
        const by = weight > 0 && curvature > 0 ? Math.sqrt(weight * curvature) : 0;
        for (let j = 0; j < columns; j++) scaledJ.data[i * columns + j]! *= by;
        scaledR[i] = by === 0 ? 0 : (weight * first * ri) / by;
      });
      const g = multiply(scaledJ, matrix(rows, 1, scaledR), { transposeA: true }).data;
      return { J, scaledJ, scaledR, g };
    },
  };
}

function firstResiduals(given: ArrayLike<number>): Float64Array {
  if (!(given?.length >= 1))
    throw new OverparamError('SHAPE_MISMATCH', `There are ${given?.length} residuals: there must be one or more.`);
  const r = Float64Array.from(given);
  const i = r.findIndex((value) => !Number.isFinite(value));
  if (i < 0) return r;
  throw new OverparamError(
    'NOT_FINITE',
    `Residual ${i} is ${r[i]} at the start: check the data, or start where it is finite.`,
  );
}

function checkWeights(weights: ArrayLike<number>, count: number): Float64Array {
  if (weights.length !== count)
    throw new OverparamError('SHAPE_MISMATCH', `There are ${weights.length} weights and ${count} residuals.`);
  const s = Float64Array.from(weights);
  const i = s.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (i >= 0) throw badOption(`weights[${i}]`, s[i], 'a finite number >= 0');
  return s;
}
