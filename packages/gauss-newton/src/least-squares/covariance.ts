import {
  cholesky,
  gram,
  matrix,
  pivotedQr,
  solveCholesky,
  solveTriangular,
  type Matrix,
} from '@overparam/linear-algebra';
import { columnLengths, triangularModel, type TriangularModel } from './triangular-model.ts';

export interface Covariance {
  /** The numerical rank of J, in the parameters that are free. */
  readonly rank: number;
  /**
   * The covariance of the estimate, P x P. Null where it is not known; `covarianceNote` says why. Rows and columns are NaN for
   * a parameter that an active bound holds, and 0 for one that equal bounds fix.
   */
  readonly covariance: Matrix | null;
  /** The square roots of its diagonal. */
  readonly standardErrors: Float64Array | null;
  /** Why there is no covariance, or what its numbers suppose; null where there is nothing to say. */
  readonly covarianceNote: string | null;
}

/** Free parameters, those that a bound holds, and those whose bounds are equal. */
export type Freedom = 'free' | 'held' | 'fixed';

export interface Information {
  readonly model: TriangularModel;
  readonly freedom: readonly Freedom[];
  /** The part of the longest column below which what is left of a column counts as zero: the error of J. */
  readonly tolerance: number;
}

/**
 * s^2 (J^T J)^-1, from the QR factorisation of J with its columns brought to length 1.
 *
 * @param deviation s; a string says why it is not known
 */
export function covarianceOf(information: Information, deviation: number | string): Covariance {
  const { R, rank, free, lengths } = freeColumns(information);
  if (rank < free.length) return absent(rank, deficiency(rank, free.length));
  if (typeof deviation === 'string') return absent(rank, deviation);
  return { rank, ...expanded(information, free, lengths, gram(inverseOf(R)), deviation) };
}

/** One residual in an M-estimate: psi is the derivative of its cost in r, and slope that of psi. */
export interface Influence {
  readonly J: Matrix;
  readonly psi: Float64Array;
  readonly slope: Float64Array;
  /** Residuals with a weight above 0. */
  readonly count: number;
}

/**
 * The covariance of an M-estimate: the sandwich N / (N - P) H^-1 B H^-1, with H = sum_i psi'(r_i) J_i J_i^T and
 * B = sum_i psi(r_i)^2 J_i J_i^T. P. J. Huber, "Robust estimation of a location parameter" (1964), and "The behavior of maximum
 * likelihood estimates under nonstandard conditions" (1967).
 */
export function sandwich(information: Information, { J, psi, slope, count }: Influence): Covariance {
  const { rank, free, lengths } = freeColumns(information);
  const k = free.length;
  if (rank < k) return absent(rank, deficiency(rank, k));
  if (count <= k) return absent(rank, noFreedom(count, k));
  const rows = J.rows;
  // J_i of the free parameters in columns; psi' > 0 gives a factor of H, what is left is subtracted from it.
  const columns = matrix(k, rows);
  const positive = matrix(rows, k);
  for (let i = 0; i < rows; i++)
    free.forEach((j, a) => {
      const entry = J.data[i * J.columns + j]! / lengths[a]!;
      columns.data[a * rows + i] = entry;
      positive.data[i * k + a] = Math.sqrt(Math.max(slope[i]!, 0)) * entry;
    });
  const R = triangleOf(positive);
  if (pivotedQr(R, { tolerance: information.tolerance }).rank < k) return absent(rank, flat);
  const U = solveTriangular(R, columns, { upper: true, transpose: true });
  const M = gram(byColumns(U, slope.map((s) => Math.sqrt(Math.max(-s, 0))))); // prettier-ignore
  for (let at = 0; at < k * k; at++) M.data[at] = (at % (k + 1) === 0 ? 1 : 0) - M.data[at]!;
  const factor = cholesky(M);
  if (!factor.positiveDefinite) return absent(rank, flat);
  const outer = (solve: (x: Matrix) => Matrix, S: Matrix): Matrix => solve(transposed(solve(S)));
  const inner = outer((x) => solveCholesky(factor.lower, x), gram(byColumns(U, psi)));
  const product = outer((x) => solveTriangular(R, x, { upper: true }), inner);
  return { rank, ...expanded(information, free, lengths, product, Math.sqrt(count / (count - k))) };
}

export const noFreedom = (residuals: number, parameters: number): string =>
  `There are ${residuals} residuals for ${parameters} free parameters: none are left to estimate the variance from.`;

const flat = 'The cost is not convex at the solution, as far as first derivatives tell: there is no covariance.';

const deficiency = (rank: number, free: number): string =>
  `The Jacobian has rank ${rank} in ${free} free parameter${free === 1 ? '' : 's'}: the data do not determine ${free === 1 ? 'it' : 'them all'}.`;

const absent = (rank: number, covarianceNote: string): Covariance => ({
  rank,
  covariance: null,
  standardErrors: null,
  covarianceNote,
});

interface FreeColumns {
  readonly rank: number;
  readonly free: readonly number[];
  /** The lengths of the columns of J, of the free parameters in order. */
  readonly lengths: readonly number[];
  /** With R^T R = J^T J for the free columns at length 1, in order. */
  readonly R: Matrix;
}

function freeColumns({ model, freedom, tolerance }: Information): FreeColumns {
  const { R: whole, sizes } = model;
  const P = whole.columns;
  const all = columnLengths(model);
  const free = [...freedom.keys()].filter((j) => freedom[j] === 'free');
  const lengths = free.map((j) => all[j]!);
  const scaled = matrix(P, free.length);
  free.forEach((j, a) => {
    for (let i = 0; i <= j && all[j]! > 0; i++)
      scaled.data[i * free.length + a] = whole.data[i * P + j]! * (sizes[j]! / all[j]!);
  });
  const { rank } = pivotedQr(scaled, { tolerance });
  return { rank, free, lengths, R: triangleOf(scaled) };
}

/** R of the QR factorisation of A, without pivoting. */
function triangleOf(A: Matrix): Matrix {
  const { R, sizes } = triangularModel(A, new Float64Array(A.rows));
  return matrix(R.rows, R.columns, R.data.map((entry, at) => entry * sizes[at % R.columns]!)); // prettier-ignore
}

function inverseOf(R: Matrix): Matrix {
  const identity = matrix(R.rows, R.rows);
  for (let a = 0; a < R.rows; a++) identity.data[a * (R.rows + 1)] = 1;
  return R.rows === 0 ? identity : solveTriangular(R, identity, { upper: true });
}

/** by^2 L^-1 C L^-1 at the places of the free parameters. Deviations are made before products, which might underflow. */
function expanded(
  { freedom }: Information,
  free: readonly number[],
  lengths: readonly number[],
  C: Matrix,
  by: number,
): Omit<Covariance, 'rank'> {
  const P = freedom.length;
  const k = free.length;
  const covariance = matrix(P, P);
  const standardErrors = new Float64Array(P);
  const held = [...freedom.keys()].filter((j) => freedom[j] === 'held');
  for (const j of held) {
    standardErrors[j] = NaN;
    for (let i = 0; i < P; i++) covariance.data[i * P + j] = covariance.data[j * P + i] = NaN;
  }
  free.forEach((i, a) => {
    standardErrors[i] = Math.sqrt(C.data[a * (k + 1)]!) * (by / lengths[a]!);
    free.forEach((j, b) => {
      covariance.data[i * P + j] = C.data[a * k + b]! * (by / lengths[a]!) * (by / lengths[b]!);
    });
  });
  const covarianceNote =
    held.length === 0
      ? null
      : `Bounds hold ${listOf(held)}, of which no error is known; those of the others are for ${held.length === 1 ? 'it' : 'them'} fixed there.`;
  return { covariance, standardErrors, covarianceNote };
}

/** "parameter 1", "parameters 1, 2" */
export const listOf = (parameters: readonly number[]): string =>
  `parameter${parameters.length === 1 ? '' : 's'} ${parameters.join(', ')}`;

const byColumns = ({ rows, columns, data }: Matrix, factors: Float64Array): Matrix =>
  matrix(rows, columns, data.map((x, at) => x * factors[at % columns]!)); // prettier-ignore

function transposed({ rows, columns, data }: Matrix): Matrix {
  const out = matrix(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j]!;
  return out;
}
