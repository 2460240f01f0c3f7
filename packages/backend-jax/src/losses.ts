import { nn, numpy as np, type Array as JaxArray } from '@jax-js/jax';

/** Least squares: 1 / (2 N) sum_n |outputs_n - targets_n|^2, for N x C outputs and targets, which are taken over. */
export function meanSquaredError(outputs: JaxArray, targets: JaxArray): JaxArray {
  const N = outputs.shape[0]!;
  return np
    .square(np.subtract(outputs, targets))
    .sum()
    .mul(0.5 / N);
}

/** -1 / N sum_n <targets_n, log softmax(outputs_n)>, for N x C logits and probabilities, which are taken over. */
export function softmaxCrossEntropy(outputs: JaxArray, targets: JaxArray): JaxArray {
  const N = outputs.shape[0]!;
  return nn
    .logSoftmax(outputs)
    .mul(targets)
    .sum()
    .mul(-1 / N);
}
