import { leastSquares, matrix, multiply, orthonormalColumns, pivotedQr, type Matrix } from '@overparam/linear-algebra';
import { heldBy, type Box } from './box.ts';
import type { Linearization } from './linearization.ts';

export interface DampedStep {
  readonly mu: number;
  /** x + p, in the box. */
  readonly to: Float64Array;
  /** F(x) - model(x + p) >= 0 */
  readonly predicted: number;
  /** |D p|, which falls as mu rises. */
  readonly norm: number;
}

/**
 * The steps of Levenberg and Marquardt from one point, for any mu:
 *
 *     min_p |J p + r|^2 + mu |D p|^2   with x + p in the box
 *
 * from one QR factorisation of J D^-1, never from J^T J, which would lose half of the digits: J. J. More, "The
 * Levenberg-Marquardt algorithm: implementation and theory" (1978).
 */
export function dampedSteps(
  { model, g }: Linearization,
  D: Float64Array,
  x: Float64Array,
  box: Box,
): (mu: number) => DampedStep {
  const n = x.length;
  const byD = model.R.data.map((entry, i) => entry * (model.sizes[i % n]! / D[i % n]!));
  const qr = pivotedQr(matrix(n, n, byD), { tolerance: 0 });
  const { rank, permutation, r } = qr;
  // J D^-1 = Q R with the columns of R in J's order, and c = Q^T r: what is left of r does not depend on p.
  const R = matrix(rank, n);
  for (let i = 0; i < rank; i++) for (let k = 0; k < n; k++) R.data[i * n + permutation[k]!] = r.data[i * n + k]!;
  const c = multiply(orthonormalColumns(qr), matrix(n, 1, model.c), { transposeA: true }).data;
  const held = heldBy(box, x, g);
  const lower = box.lower.map((edge, j) => (edge - x[j]!) * D[j]!);
  const upper = box.upper.map((edge, j) => (edge - x[j]!) * D[j]!);

  return (mu) => {
    const { y, sides } = boundedLeastSquares(R, c, mu, { lower, upper }, held);
    const to = x.map((xj, j) => {
      const edge = sides[j] === 0 ? xj + y[j]! / D[j]! : sides[j]! < 0 ? box.lower[j]! : box.upper[j]!;
      return Math.min(Math.max(edge, box.lower[j]!), box.upper[j]!);
    });
    const Ry = multiply(R, matrix(n, 1, y)).data;
    const predicted = -Ry.reduce((sum, value, i) => sum + value * (c[i]! + value / 2), 0);
    return { mu, to, predicted, norm: Math.hypot(...y) };
  };
}

/**
 * min_y |R y + c|^2 + mu |y|^2 with y in the box, by the active sets of P. B. Stark and R. L. Parker, "Bounded-variable
 * least-squares" (1995): `sides` says which edge, -1 or 1, y_j is on; those that `held` says are on theirs to begin with.
 */
function boundedLeastSquares(
  R: Matrix,
  c: Float64Array,
  mu: number,
  { lower, upper }: Box,
  held: Int8Array,
): { readonly y: Float64Array; readonly sides: Int8Array } {
  const n = held.length;
  const y = new Float64Array(n);
  const sides = held.slice();
  // Each turn ends with another active set; a cap, for rounding might make it return to one.
  for (let turn = 0; turn < 4 * n + 4; turn++) {
    const free = [...y.keys()].filter((j) => sides[j] === 0);
    const z = solveFree(R, c, y, free, Math.sqrt(mu));
    let along = 1;
    let first = -1;
    free.forEach((j, k) => {
      const edge = z[k]! < lower[j]! ? lower[j]! : z[k]! > upper[j]! ? upper[j]! : undefined;
      if (edge === undefined) return;
      const fraction = (edge - y[j]!) / (z[k]! - y[j]!);
      if (first < 0 || fraction < along) [along, first] = [fraction, j];
    });
    free.forEach((j, k) => (y[j] = first < 0 ? z[k]! : y[j]! + along * (z[k]! - y[j]!)));
    if (first >= 0) {
      const side = z[free.indexOf(first)]! < lower[first]! ? -1 : 1;
      sides[first] = side;
      y[first] = side < 0 ? lower[first]! : upper[first]!;
      continue;
    }
    const released = mostWrong(R, c, mu, y, sides.map((side, j) => (lower[j] === upper[j] ? 0 : side))); // prettier-ignore
    if (released < 0) break;
    sides[released] = 0;
  }
  return { y, sides };
}

/** Which y_j would go inwards from its edge, most of all; -1 for none. */
function mostWrong(R: Matrix, c: Float64Array, mu: number, y: Float64Array, sides: Int8Array): number {
  if (sides.every((side) => side === 0)) return -1;
  const n = y.length;
  const residual = multiply(R, matrix(n, 1, y)).data.map((value, i) => value + c[i]!);
  let most = 0;
  let released = -1;
  sides.forEach((side, j) => {
    let gradient = mu * y[j]!;
    residual.forEach((value, i) => (gradient += R.data[i * n + j]! * value));
    if (side * gradient > most) [most, released] = [side * gradient, j];
  });
  return released;
}

/** The y of the free parameters with least |R y + c|^2 + root^2 |y|^2; the others have theirs. */
function solveFree(R: Matrix, c: Float64Array, y: Float64Array, free: readonly number[], root: number): Float64Array {
  const { rows, columns } = R;
  const width = free.length;
  const damped = root === 0 ? 0 : width;
  const A = matrix(rows + damped, width);
  const b = new Float64Array(rows + damped);
  const fixed = y.slice();
  for (const j of free) fixed[j] = 0;
  for (let i = 0; i < rows; i++) {
    free.forEach((j, k) => (A.data[i * width + k] = R.data[i * columns + j]!));
    let sum = c[i]!;
    for (let j = 0; j < columns; j++) sum += R.data[i * columns + j]! * fixed[j]!;
    b[i] = -sum;
  }
  for (let k = 0; k < damped; k++) A.data[(rows + k) * width + k] = root;
  // Without damping, what the columns do not determine stays where it is; damping determines everything.
  return leastSquares(A, b, root === 0 ? {} : { tolerance: 0 }).solution;
}
