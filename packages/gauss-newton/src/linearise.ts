import {
  OverparamError,
  type Asking,
  type ColumnScaling,
  type Dimensions,
  type Inquiry,
  type JacobianRequest,
  type Linearization,
  type Matrix,
  type PullbackRequest,
} from '@overparam/core';
import { dualModel } from './dual-model.ts';
import { lossModel } from './loss-model.ts';
import { matrixFreeModel } from './matrix-free-model.ts';
import { type Displacement, type Model } from './model.ts';
import { type GaussNewtonOracle } from './oracle.ts';
import { primalModel } from './primal-model.ts';
import { type Solver } from './solver.ts';
import { allFinite } from './vector.ts';

/** H in the outputs: the identity, or the Hessian of the loss. */
export type Curvature = 'identity' | 'loss';

export interface LineariseOptions {
  readonly curvature: Curvature;
  readonly solver: Solver;
  /** Whether conjugate gradients may be taken where N C is large. */
  readonly matrixFree: boolean;
  /** Whether the Jacobian may be taken where it is small. */
  readonly primal: boolean;
  /** The factor of the loss that H is for. */
  readonly scale?: (dimensions: Dimensions) => number;
  readonly scaling?: ColumnScaling | undefined;
}

export interface Linearised {
  readonly dimensions: Dimensions;
  readonly model: Model;
}

/**
 * Asks for what a step needs of one point: the loss in the outputs, and the kernel or the Jacobian. null where any of it
 * is not finite.
 *
 * @throws OverparamError `NO_SAMPLES`, `SHAPE_MISMATCH`
 */
export function* linearise(
  oracle: Asking<GaussNewtonOracle>,
  { curvature, solver, matrixFree, primal, scale = () => 1, scaling }: LineariseOptions,
): Inquiry<Linearised | null> {
  const dimensions = yield* oracle.dimensions();
  const { samples: N, outputs: C, parameters: P } = dimensions;
  if (!(N >= 1 && C >= 1))
    throw new OverparamError('NO_SAMPLES', `The batch has ${N} samples of ${C} outputs: a step takes one or more.`);
  const gradient = checkShape('loss gradient', yield* oracle.lossGradient(), N, C);
  if (!allFinite(gradient.data)) return null;
  const S =
    curvature === 'loss' ? checkShape('loss Hessian factor', yield* oracle.lossHessianFactor(), N * C, C) : null;
  if (S && !allFinite(S.data)) return null;
  const loss = lossModel(gradient, S, scale(dimensions));

  const small = P < N * C && primal && oracle.jacobian !== undefined && oracle.direct !== undefined;
  if (solver.name === 'primal' || (solver.name === 'auto' && small)) {
    const J = checkShape('Jacobian', yield* oracle.jacobian!(), N * C, P);
    return allFinite(J.data) ? { dimensions, model: primalModel(J, loss, scaling) } : null;
  }
  const request: JacobianRequest | undefined = scaling && { scaling };
  if (solver.name === 'cg' || (solver.name === 'auto' && matrixFree && N * C > solver.cg.above))
    return { dimensions, model: matrixFreeModel(oracle, loss, solver.cg, request) };
  const K = checkShape('kernel', yield* oracle.kernel(request), N * C, N * C);
  return allFinite(K.data) ? { dimensions, model: dualModel(K, loss) } : null;
}

/** Makes h the oracle's direction. */
export function* aim(
  oracle: Asking<GaussNewtonOracle>,
  { from }: Pick<Displacement, 'from'>,
  request?: PullbackRequest,
): Inquiry<Linearization> {
  return from instanceof Float64Array ? yield* oracle.direct!(from) : yield* oracle.pullback(from, request);
}

/** @throws OverparamError `SHAPE_MISMATCH` */
export function checkShape(name: string, a: Matrix, rows: number, columns: number): Matrix {
  if (a.rows === rows && a.columns === columns && a.data.length === rows * columns) return a;
  throw new OverparamError(
    'SHAPE_MISMATCH',
    `The ${name} is ${a.rows} x ${a.columns}: by the dimensions of the batch it has to be ${rows} x ${columns}.`,
  );
}
