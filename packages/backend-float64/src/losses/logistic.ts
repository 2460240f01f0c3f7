import { badOption, type Matrix } from '@overparam/core';
import { sigmoid, softplus } from '../sigmoid.ts';
import { elementwise, type Elementwise } from './elementwise.ts';
import { targetMatrix, type Loss, type LossOptions } from './loss.ts';

const negativeLogLikelihood: Elementwise = (f, y) => {
  const p = sigmoid(f);
  return [softplus(f) - y * f, p - y, p * sigmoid(-f)];
};

/**
 * L = 1/N sum_nk s_n (ln(1 + e^f) - y f): the binary cross-entropy of the logits f.
 *
 * @param targets 0, 1 or a probability between, N x C, or N numbers for one output
 */
export function logistic(targets: Matrix | ArrayLike<number>, options: LossOptions = {}): Loss {
  const y = targetMatrix(targets);
  const outside = y.data.find((p) => p < 0 || p > 1);
  if (outside !== undefined) throw badOption('The target', outside, 'a probability from 0 to 1');
  return elementwise('logistic', negativeLogLikelihood, y, { reduction: 'mean', ...options });
}
