import { badOption, type Matrix } from '@overparam/core';
import { elementwise, type Elementwise } from './elementwise.ts';
import { targetMatrix, type Loss, type LossOptions } from './loss.ts';

const negativeLogLikelihood: Elementwise = (f, y) => {
  const rate = Math.exp(f);
  return [rate - y * f, rate - y, rate];
};

/**
 * L = 1/N sum_nk s_n (e^f - y f): the negative log-likelihood of counts y at the rate e^f, without the terms ln y!.
 *
 * @param targets counts, N x C, or N numbers for one output
 */
export function poisson(targets: Matrix | ArrayLike<number>, options: LossOptions = {}): Loss {
  const y = targetMatrix(targets);
  const negative = y.data.find((count) => count < 0);
  if (negative !== undefined) throw badOption('The target', negative, 'a count, zero or more');
  return elementwise('poisson', negativeLogLikelihood, y, { reduction: 'mean', ...options });
}
