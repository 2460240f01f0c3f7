import { gram, matrix, multiply, symmetricEigen, type Matrix } from '@overparam/linear-algebra';

/** Eigenvalues below this share of the largest count as zero. */
const CUT = 1e-10;

/**
 * The output layer of least norm that fits y on the features: v = Phi^T (Phi Phi^T)^+ y. Its test loss says what the
 * hidden layer has learned, whatever the output layer has made of it: "hidden learning", arXiv 2302.02904.
 * @param phi N x M
 */
export function refit(phi: Matrix, y: Float64Array): Float64Array {
  const { values, vectors } = symmetricEigen(gram(phi));
  const n = values.length;
  const cut = CUT * values[n - 1]!;
  const alpha = multiply(vectors, matrix(n, 1, y)).data;
  for (let i = 0; i < n; i++) alpha[i] = values[i]! > cut ? alpha[i]! / values[i]! : 0;
  const z = multiply(vectors, matrix(n, 1, alpha), { transposeA: true });
  return multiply(phi, z, { transposeA: true }).data;
}
