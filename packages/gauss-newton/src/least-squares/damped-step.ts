import { leastSquares, matrix, multiply, orthonormalColumns, pivotedQr, type Matrix } from '@overparam/linear-algebra';
import { heldBy, type Box } from './box.ts';
import type { Linearization } from './problem.ts';

export interface DampedStep {
  readonly mu: number;
  readonly p: Float64Array;
  /** F(x) - model(x + p) */
  readonly predicted: number;
  /** |D p| */
  readonly norm: number;
}

/**
 * The steps of Levenberg and Marquardt from one point, for any mu:
 *
 *     min_p |J p + r|^2 + mu |D p|^2   with x + p in the box
 *
 * from one QR factorisation of J D^-1, never from J^T J, which would lose half of the digits: J. J. More, "The
 * Levenberg-Marquardt algorithm: implementation and theory" (1978). Parameters that the box holds stay; others whose
 * step leaves the box go to its edge, and the step of the rest is computed again.
 */
export function dampedSteps(
  { scaledJ, scaledR, g }: Linearization,
  D: Float64Array,
  x: Float64Array,
  box: Box,
): (mu: number) => DampedStep {
  const n = x.length;
  const qr = pivotedQr(matrix(scaledJ.rows, n, scaledJ.data.map((entry, i) => entry / D[i % n]!)), { tolerance: 0 }); // prettier-ignore
  const { rank, permutation, r } = qr;
  // J D^-1 = Q R with the columns of R in J's order, and Q^T r: what is left of r does not depend on p.
  const R = matrix(rank, n);
  for (let i = 0; i < rank; i++) for (let k = 0; k < n; k++) R.data[i * n + permutation[k]!] = r.data[i * n + k]!;
  const c = multiply(orthonormalColumns(qr), matrix(scaledR.length, 1, scaledR), { transposeA: true }).data;
  const held = heldBy(box, x, g);

  return (mu) => {
    /** D p */
    const y = new Float64Array(n);
    let free = Array.from(x.keys()).filter((j) => held[j] === 0);
    while (free.length > 0) {
      const solved = solve(R, c, y, free, Math.sqrt(mu));
      const beyond = free.filter((j, k) => {
        const at = x[j]! + solved[k]! / D[j]!;
        return at < box.lower[j]! || at > box.upper[j]!;
      });
      if (beyond.length === 0) {
        free.forEach((j, k) => (y[j] = solved[k]!));
        break;
      }
      for (const j of beyond) {
        const edge = solved[free.indexOf(j)]! < 0 ? box.lower[j]! : box.upper[j]!;
        y[j] = (edge - x[j]!) * D[j]!;
      }
      free = free.filter((j) => !beyond.includes(j));
    }
    const p = y.map((yj, j) => yj / D[j]!);
    const Jp = multiply(R, matrix(n, 1, y)).data;
    const slope = p.reduce((sum, pj, j) => sum + g[j]! * pj, 0);
    const predicted = -slope - Jp.reduce((sum, value) => sum + value * value, 0) / 2;
    return { mu, p, predicted, norm: Math.hypot(...y) };
  };
}

/** The y of the free parameters with least |R y + c|^2 + root^2 |y|^2; the others have theirs. */
function solve(R: Matrix, c: Float64Array, y: Float64Array, free: readonly number[], root: number): Float64Array {
  const { rows, columns } = R;
  const damped = root === 0 ? 0 : free.length;
  const A = matrix(rows + damped, free.length);
  const b = new Float64Array(rows + damped);
  for (let i = 0; i < rows; i++) {
    free.forEach((j, k) => (A.data[i * free.length + k] = R.data[i * columns + j]!));
    let sum = c[i]!;
    for (let j = 0; j < columns; j++) if (!free.includes(j)) sum += R.data[i * columns + j]! * y[j]!;
    b[i] = -sum;
  }
  for (let k = 0; k < damped; k++) A.data[(rows + k) * free.length + k] = root;
  // Without damping, what the columns do not determine stays; the damping determines everything.
  return leastSquares(A, b, root === 0 ? {} : { tolerance: 0 }).solution;
}
