import type { Matrix } from '@overparam/core';
import { elementwise, type Elementwise } from './elementwise.ts';
import type { Loss, LossOptions } from './loss.ts';

const halfSquare: Elementwise = (f, y) => [(f - y) ** 2 / 2, f - y, 1];

/**
 * L = 1/(2N) sum_n s_n |f_n - y_n|^2, with H = s_n I / N; `reduction: 'sum'` leaves the N out.
 *
 * @param targets N x C, or N numbers for one output
 */
export const squaredError = (targets: Matrix | ArrayLike<number>, options: LossOptions = {}): Loss =>
  elementwise('squared error', halfSquare, targets, { reduction: 'mean', ...options });
