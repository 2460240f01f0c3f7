export { type Cholesky, type CholeskyOptions, cholesky } from './cholesky.ts';
export {
  type ConjugateGradient,
  conjugateGradient,
  type ConjugateGradientOptions,
  conjugateGradientSteps,
} from './conjugate-gradient.ts';
export { gram, type GramOptions } from './gram.ts';
export { kernels, useKernels, useThreads } from './kernels/workspace.ts';
export { type Lanczos, lanczos, type LanczosOptions, lanczosSteps } from './lanczos.ts';
export { type Ldlt, ldlt } from './ldlt.ts';
export { type LeastSquares, leastSquares, solveLeastSquares } from './least-squares.ts';
export { fromRows, type Matrix, matrix } from './matrix.ts';
export { multiply, type MultiplyOptions } from './multiply.ts';
export { type Operator } from './operator.ts';
export { orthonormalColumns } from './orthonormal-columns.ts';
export { type PivotedQr, pivotedQr, type PivotedQrOptions } from './pivoted-qr.ts';
export { solveCholesky } from './solve-cholesky.ts';
export { solveLdlt } from './solve-ldlt.ts';
export { solveTriangular, type TriangularOptions } from './solve-triangular.ts';
export { type SymmetricEigen, symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.ts';
