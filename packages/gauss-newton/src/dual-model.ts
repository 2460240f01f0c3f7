import { type Matrix } from '@overparam/core';
import {
  cholesky,
  lanczos,
  matrix,
  multiply,
  solveCholesky,
  symmetricEigen,
  symmetricEigenvalues,
  type SymmetricEigen,
} from '@overparam/linear-algebra';
import { congruent } from './blocks.ts';
import { dualStep } from './dual-step.ts';
import { type LossModel } from './loss-model.ts';
import { displacement, type Displacement, type Model, type Shift } from './model.ts';
import { dot } from './vector.ts';

type Solve = (b: Float64Array) => Float64Array;

/**
 * The model in the space of the outputs, from the tangent kernel K, N C x N C.
 *
 * S^T K S + eps I is factored by Cholesky, once for each eps. Where eps = 0, and where rounding keeps Cholesky from a
 * factor, eigenvectors take its place, with eigenvalues clamped at 0, so that the matrix is positive definite. Eigenvalues
 * that a damping asks for come without eigenvectors, in a fraction of the time.
 */
export function dualModel(K: Matrix, loss: LossModel): Model {
  const n = K.rows;
  const symmetric = congruent(loss.S, K);
  let eigen: SymmetricEigen | undefined;
  let eigenvalues: Float64Array | undefined;
  let largest: number | undefined;
  const clamped = (i: number): number => Math.max((eigenvalues ??= symmetricEigenvalues(symmetric))[i]!, 0);
  const byLanczos = (): number => {
    const { values, reason } = lanczos((x) => product(symmetric, x), n);
    return reason === 'converged' ? Math.max(values[0]!, 0) : clamped(n - 1);
  };

  const bySpectrum = ({ eps, cut = n * Number.EPSILON }: Shift): Solve => {
    const { values, vectors } = (eigen ??= symmetricEigen(symmetric));
    eigenvalues ??= values;
    const least = cut * clamped(n - 1);
    const inverse = values.map((sigma) => (eps > 0 ? 1 / (Math.max(sigma, 0) + eps) : sigma > least ? 1 / sigma : 0));
    return (b) => {
      const c = product(vectors, b).map((ci, i) => inverse[i]! * ci);
      return multiply(vectors, matrix(n, 1, c), { transposeA: true }).data;
    };
  };
  const factored = (shift: Shift): Solve => {
    if (!(shift.eps > 0)) return bySpectrum(shift);
    const factor = cholesky(symmetric, { shift: shift.eps });
    return factor.positiveDefinite ? (b) => solveCholesky(factor.lower, b) : bySpectrum(shift);
  };
  const displaced = (z: Float64Array, outputs: Float64Array): Displacement =>
    displacement(loss, { from: matrix(n / loss.C, loss.C, z), outputs, squaredNorm: dot(z, outputs) });
  let last: (Shift & { readonly solve: Solve }) | undefined;

  return {
    form: 'dual',
    loss,
    largestGradient: null,
    largestColumn: null,
    displacement: displaced,
    *minimise(shift, target) {
      if (last?.eps !== shift.eps || last.cut !== shift.cut) last = { ...shift, solve: factored(shift) };
      const { solve } = last;
      const z = yield* dualStep(loss, target, shift.eps, { solve: known(solve), apply: known((x) => product(K, x)) });
      return displaced(z, product(K, z));
    },
    spectrum: {
      sigmaMin: () => clamped(0),
      sigmaMax: () => (largest ??= eigenvalues ? clamped(n - 1) : byLanczos()),
      trace: () => symmetric.data.reduce((sum, x, i) => (i % (n + 1) === 0 ? sum + x : sum), 0),
      known: () => ({
        sigmaMin: eigenvalues ? clamped(0) : null,
        sigmaMax: eigenvalues ? clamped(n - 1) : (largest ?? null),
      }),
    },
  };
}

const product = (a: Matrix, x: Float64Array): Float64Array => multiply(a, matrix(x.length, 1, x)).data;

/** A function that asks nothing, as an inquiry. */
const known = (f: Solve) =>
  function* (x: Float64Array) {
    return f(x);
  };
