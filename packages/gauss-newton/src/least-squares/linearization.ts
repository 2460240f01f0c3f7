import type { Matrix } from '@overparam/linear-algebra';
import type { TriangularModel } from './triangular-model.ts';

/** The local model F(x + p) ~ F(x) + g . p + |J~ p|^2 / 2, with g = J~^T r~, for residuals divided by `unit`. */
export interface Linearization {
  /** The derivative of r itself. */
  readonly J: Matrix;
  readonly scaledJ: Matrix;
  readonly scaledR: Float64Array;
  /** The gradient of F. */
  readonly g: Float64Array;
  /** QR of J~ with Q^T r~. */
  readonly model: TriangularModel;
}
