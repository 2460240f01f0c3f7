import * as tf from '@tensorflow/tfjs';

/** The loss of one batch, drawn once; minimised over every trainable variable it touches. */
export type Loss = () => tf.Scalar;

/** Seeded uniform initial weights of the width that PyTorch's layers have, 1 / sqrt(fan in). */
export const weights = (shape: readonly number[], fanIn: number, seed: number): tf.Variable => {
  const bound = 1 / Math.sqrt(fanIn);
  return tf.variable(tf.randomUniform([...shape], -bound, bound, 'float32', seed));
};

export const inputs = (shape: readonly number[]): tf.Tensor => tf.keep(tf.randomNormal([...shape], 0, 1, 'float32', 1));

export const oneHotLabels = (count: number, classes: number): tf.Tensor =>
  tf.keep(tf.cast(tf.oneHot(tf.randomUniform([count], 0, classes, 'int32', 2), classes), 'float32'));

export const crossEntropy = (labels: tf.Tensor, logits: tf.Tensor): tf.Scalar =>
  tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;
