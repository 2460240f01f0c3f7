import { OverparamError } from '@overparam/core';

/**
 * Eigenvalues of a symmetric tridiagonal matrix by the QL algorithm with implicit shifts: A. Dubrulle, R. S. Martin,
 * J. H. Wilkinson, "The implicit QL algorithm", Numer. Math. 12 (1968). `d` (the diagonal) becomes the eigenvalues, in no order;
 * `e` (beside the diagonal, e[i] between i and i + 1) is used up. Entries of modulus up to about 1 are expected.
 *
 * @param from first index
 * @param to index after the last
 * @param rotate called for each rotation of the eigenvectors i and i + 1: (z_i, z_{i+1}) <- (c z_i - s z_{i+1}, s z_i + c z_{i+1})
 */
export function implicitQl(
  d: Float64Array,
  e: Float64Array,
  from: number,
  to: number,
  rotate?: (i: number, c: number, s: number) => void,
): void {
  // What is this small against the whole is lost in the rounding of a sweep; and squares must not underflow.
  let negligible = 2 ** -500;
  for (let i = from; i < to; i++) {
    const beside = i < to - 1 ? Math.abs(e[i]!) : 0;
    negligible = Math.max(negligible, Number.EPSILON * Math.max(Math.abs(d[i]!), beside));
  }
  for (let l = from; l < to; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < to - 1 && Math.abs(e[m]!) > negligible) m++;
      if (m === l) break;
      if (sweep === 60) {
        throw new OverparamError(
          'NO_CONVERGENCE',
          `Eigenvalue ${l} did not converge in 60 sweeps of the QL algorithm.`,
        );
      }
      // Wilkinson's shift, from the leading 2 x 2 block.
      const p = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      const r = Math.abs(p) > 1e150 ? Math.abs(p) : Math.sqrt(p * p + 1);
      let g = d[m]! - d[l]! + e[l]! / (p + (p >= 0 ? r : -r));
      let c = 1;
      let s = 1;
      let shifted = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        const h = Math.sqrt(f * f + g * g);
        e[i + 1] = h;
        if (h === 0) {
          // The matrix splits here.
          d[i + 1]! -= shifted;
          break;
        }
        s = f / h;
        c = g / h;
        const moved = d[i + 1]! - shifted;
        const q = (d[i]! - moved) * s + 2 * c * b;
        shifted = s * q;
        d[i + 1] = moved + shifted;
        g = c * q - b;
        rotate?.(i, c, s);
      }
      if (m < to - 1) e[m] = 0;
      if (i >= l) continue;
      d[l]! -= shifted;
      e[l] = g;
    }
  }
}
