export { type Cholesky, type CholeskyOptions, cholesky } from './cholesky.ts';
export { type GramOptions, gram } from './gram.ts';
export { kernels, useKernels } from './kernels/workspace.ts';
export { fromRows, type Matrix, matrix } from './matrix.ts';
export { multiply, type MultiplyOptions } from './multiply.ts';
export { solveCholesky } from './solve-cholesky.ts';
export { solveTriangular, type TriangularOptions } from './solve-triangular.ts';
export { type SymmetricEigen, symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.ts';
