import * as tf from '@tensorflow/tfjs';
import { inputs, type Loss, weights } from './model.ts';

/** One transformer block, normalised before each part: attention, then two dense layers with GELU of 4 d; squared error. */
export function transformer({
  d,
  heads,
  steps,
  batch,
}: {
  d: number;
  heads: number;
  steps: number;
  batch: number;
}): Loss {
  const xs = inputs([batch, steps, d]);
  const target = inputs([batch, steps, d]);
  const normalise = [tf.layers.layerNormalization(), tf.layers.layerNormalization()] as const;
  const dense = (from: number, to: number, seed: number): ((x: tf.Tensor) => tf.Tensor) => {
    const w = weights([from, to], from, seed);
    const b = weights([to], from, seed + 1);
    return (x) => tf.add(tf.matMul(tf.reshape(x, [-1, from]), w as tf.Tensor as tf.Tensor2D), b);
  };
  const [toQkv, project, widen, narrow] = [dense(d, 3 * d, 3), dense(d, d, 5), dense(d, 4 * d, 7), dense(4 * d, d, 9)];
  const shape = [batch, steps, d];

  const attend = (x: tf.Tensor): tf.Tensor => {
    const [q, k, v] = tf.unstack(
      tf.transpose(tf.reshape(toQkv(x), [batch, steps, 3, heads, d / heads]), [2, 0, 3, 1, 4]),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d / heads)));
    return tf.reshape(project(tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3])), shape);
  };
  const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

  return () => {
    const x = tf.add(xs, attend(normalise[0].apply(xs) as tf.Tensor));
    const y = tf.add(x, tf.reshape(narrow(gelu(widen(normalise[1].apply(x) as tf.Tensor))), shape));
    return tf.mean(tf.squaredDifference(y, target)) as tf.Scalar;
  };
}
