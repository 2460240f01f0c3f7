import * as tf from '@tensorflow/tfjs';
import { outputsOf, type Samples, type Task } from './task.ts';

export interface Batch {
  readonly inputs: tf.Tensor2D;
  /** One-hot rows; a column of 0 and 1 where there are two classes. */
  readonly targets: tf.Tensor2D;
}

/** The samples with these numbers, as tensors. */
export function batchOf({ features, classes }: Task, samples: Samples, numbers: Uint32Array): Batch {
  const outputs = outputsOf({ classes });
  const inputs = new Float32Array(numbers.length * features);
  const targets = new Float32Array(numbers.length * outputs);
  numbers.forEach((number, row) => {
    inputs.set(samples.inputs.subarray(number * features, (number + 1) * features), row * features);
    const label = samples.labels[number]!;
    if (outputs === 1) targets[row] = label;
    else targets[row * outputs + label] = 1;
  });
  return {
    inputs: tf.tensor2d(inputs, [numbers.length, features]),
    targets: tf.tensor2d(targets, [numbers.length, outputs]),
  };
}

/** The mean cross-entropy of a batch. */
export const crossEntropy = (targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar => reduced(targets, logits, 'mean');

/** The cross-entropy of each sample of a batch. */
export const crossEntropies = (targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D =>
  tf.reshape(reduced<tf.Tensor>(targets, logits, 'none'), [-1]);

function reduced<Loss extends tf.Tensor>(targets: tf.Tensor2D, logits: tf.Tensor2D, over: 'mean' | 'none'): Loss {
  const reduction = over === 'mean' ? tf.Reduction.MEAN : tf.Reduction.NONE;
  return targets.shape[1] === 1
    ? tf.losses.sigmoidCrossEntropy(targets, logits, undefined, 0, reduction)
    : tf.losses.softmaxCrossEntropy(targets, logits, undefined, 0, reduction);
}
