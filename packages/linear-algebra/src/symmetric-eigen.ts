import { checkLower } from './check.ts';
import { divideAndConquer, divideAndConquerSpace } from './divide-and-conquer.ts';
import { implicitQl } from './implicit-ql.ts';
import { type Workspace, withWorkspace } from './kernels/workspace.ts';
import { type Matrix, matrix } from './matrix.ts';
import { mirrorLower } from './mirror.ts';
import { toUnitScale } from './power-of-two.ts';
import { rotateBack, rotateBackSpace, tridiagonalize, tridiagonalizeSpace } from './tridiagonalize.ts';

/** A = V^T diag(values) V. */
export interface SymmetricEigen {
  /** The eigenvalues, ascending. */
  readonly values: Float64Array;
  /** V: row i is the unit eigenvector of values[i]. */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues and orthonormal eigenvectors of a symmetric matrix, of which only the lower triangle is read: reduction to
 * tridiagonal form, divide and conquer, and the way back.
 *
 * The eigenvalues are those of a matrix A + E with |E| a small multiple of eps |A|. The sign of an eigenvector, and the basis
 * within the eigenspace of a multiple eigenvalue, are the algorithm's choice, the same on every machine.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, NO_CONVERGENCE
 */
export function symmetricEigen(a: Matrix): SymmetricEigen {
  const { scale, unscale } = toUnitScale(checkLower('a', a));
  const n = a.rows;
  const elements = 2 * n * n + tridiagonalizeSpace(n) + divideAndConquerSpace(n) + rotateBackSpace(n);
  return withWorkspace(elements, (space) => {
    const { heap } = space;
    const upper = upperTriangle(space, a, scale);
    const { d, e, tau } = tridiagonalize(space, upper, n);
    const z = space.take(n * n);
    const order = divideAndConquer(space, d, e, z, n);
    rotateBack(space, upper, n, tau, z);
    const vectors = matrix(n, n);
    order.forEach((from, i) => vectors.data.set(heap.subarray(z + from * n, z + (from + 1) * n), i * n));
    return { values: Float64Array.from(order, (i) => unscale(d[i]!)), vectors };
  });
}

/**
 * The eigenvalues alone, ascending, in a fraction of the time.
 *
 * @throws OverparamError SHAPE_MISMATCH, NOT_FINITE, NO_CONVERGENCE
 */
export function symmetricEigenvalues(a: Matrix): Float64Array {
  const { scale, unscale } = toUnitScale(checkLower('a', a));
  const n = a.rows;
  return withWorkspace(n * n + tridiagonalizeSpace(n), (space) => {
    const { d, e } = tridiagonalize(space, upperTriangle(space, a, scale), n);
    implicitQl(d, e, 0, n);
    return d.map(unscale).sort();
  });
}

function upperTriangle({ heap, take }: Workspace, { rows: n, data }: Matrix, scale: (x: number) => number): number {
  const at = take(n * n);
  for (let i = 0; i < n * n; i++) heap[at + i] = scale(data[i]!);
  mirrorLower(heap, at, n);
  return at;
}
