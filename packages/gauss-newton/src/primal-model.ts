import { type ColumnScaling, type Matrix } from '@overparam/core';
import {
  gram,
  leastSquares,
  matrix,
  multiply,
  orthonormalColumns,
  pivotedQr,
  type PivotedQr,
  symmetricEigenvalues,
} from '@overparam/linear-algebra';
import { transposedTimesRows } from './blocks.ts';
import { type LossModel } from './loss-model.ts';
import { displacement, type Displacement, type Model } from './model.ts';
import { type Target } from './target.ts';
import { dot, largest, plus, scaled, squaredColumns } from './vector.ts';

/**
 * The model in the space of the parameters, from the Jacobian J itself, for fewer parameters than outputs.
 *
 * A = S^T J, or S^T J D^-1/2 under a scaling, is reduced once to A P = Q R by QR with column pivoting; each damping is then
 * the least squares problem |R P^T h + Q^T u|^2 + eps |h|^2 (More 1978). Normal equations are never formed, so that
 * small singular values keep their digits. For eps = 0 it is the least squares solution of least norm; there, a `cut`
 * of eigenvalues is one of sqrt(cut) for the pivots of R. What S does not reach of g counts as far as the rows of A reach its
 * pullback, and for the rest through eps.
 */
export function primalModel(J: Matrix, loss: LossModel, scaling?: ColumnScaling): Model {
  const { columns: P, rows: n } = J;
  const inverseRoot = scaling && squaredColumns(J).map((x) => 1 / Math.sqrt(clip(x, scaling)));
  const unscaled = (h: Float64Array): Float64Array => (inverseRoot ? h.map((x, i) => x * inverseRoot[i]!) : h);
  const A = transposedTimesRows(loss.S, inverseRoot ? columnsTimes(J, inverseRoot) : J);
  const pulled = (v: Float64Array): Float64Array => transposedProduct(J, v);

  const displaced = (h: Float64Array, outputs: Float64Array): Displacement => {
    const root = inverseRoot ? h.map((x, i) => x / inverseRoot[i]!) : h;
    return displacement(loss, { from: h, outputs, squaredNorm: dot(root, root) });
  };

  let reduced: { readonly R: Matrix; readonly Q: Matrix } | undefined;
  const reduce = (): { readonly R: Matrix; readonly Q: Matrix } => {
    const qr = pivotedQr(A, { tolerance: 0 });
    return { R: unpermuted(qr), Q: orthonormalColumns(qr) };
  };
  /** The linear term A^T u + J^T rest as P R^T c + left. */
  const linear = ({ u, rest }: Target): { readonly c: Float64Array; readonly left: Float64Array | null } => {
    const { R, Q } = (reduced ??= reduce());
    if (!rest) return { c: transposedProduct(Q, u), left: null };
    const b = plus(transposedProduct(A, u), 1, unscaled(pulled(rest)));
    const c = leastSquares(transposed(R), b).solution;
    return { c, left: plus(b, -1, transposedProduct(R, c)) };
  };
  let eigenvalues: Float64Array | undefined;
  const spectral = (): Float64Array => (eigenvalues ??= symmetricEigenvalues(gram(A, { ofColumns: true })));
  const sigmaMax = (): number => Math.max(spectral()[P - 1]!, 0);
  const sigmaMin = (): number => (P < n ? 0 : Math.max(spectral()[P - n]!, 0));

  return {
    form: 'primal',
    loss,
    largestGradient: largest(pulled(loss.g)),
    largestColumn: largest(squaredColumns(A)),
    displacement: displaced,
    *minimise({ eps, cut }, target) {
      const { R } = (reduced ??= reduce());
      const { c, left } = linear(target);
      let h: Float64Array;
      if (eps > 0) {
        const root = Math.sqrt(eps);
        const rows = matrix(R.rows + P, P);
        rows.data.set(R.data);
        for (let i = 0; i < P; i++) rows.data[(R.rows + i) * P + i] = root;
        const b = new Float64Array(R.rows + P);
        b.set(scaled(-1, c));
        if (left) b.set(scaled(-1 / root, left), R.rows);
        h = leastSquares(rows, b, { tolerance: 0 }).solution;
      } else {
        const tolerance = cut === undefined ? Math.max(n, P) * Number.EPSILON : Math.sqrt(cut);
        h = leastSquares(R, scaled(-1, c), { tolerance }).solution;
      }
      const to = unscaled(h);
      return displaced(to, multiply(J, matrix(P, 1, to)).data);
    },
    spectrum: {
      sigmaMin,
      sigmaMax,
      trace: () => dot(A.data, A.data),
      known: () => ({ sigmaMin: eigenvalues ? sigmaMin() : null, sigmaMax: eigenvalues ? sigmaMax() : null }),
    },
  };
}

const clip = (x: number, { min, max }: ColumnScaling): number => Math.min(Math.max(x, min), max);

const columnsTimes = ({ rows, columns, data }: Matrix, by: Float64Array): Matrix =>
  matrix(rows, columns, data.map((x, i) => x * by[i % columns]!)); // prettier-ignore

const transposedProduct = (a: Matrix, x: Float64Array): Float64Array =>
  multiply(a, matrix(x.length, 1, x), { transposeA: true }).data;

function transposed({ rows, columns, data }: Matrix): Matrix {
  return matrix(
    columns,
    rows,
    Float64Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!),
  );
}

/** R P^T */
function unpermuted({ r, permutation }: PivotedQr): Matrix {
  const out = matrix(r.rows, r.columns);
  for (let i = 0; i < r.rows; i++)
    for (let j = i; j < r.columns; j++) out.data[i * r.columns + permutation[j]!] = r.data[i * r.columns + j]!;
  return out;
}
