import * as tf from '@tensorflow/tfjs';
import { feedForward, type FeedForwardOptions } from './feed-forward.ts';
import type { ParameterMaker } from './parameters.ts';

export interface SwitchOptions extends FeedForwardOptions {
  readonly experts: number;
  /** Places of an expert, as a multiple of its even share of the tokens; 1.25 when absent. */
  readonly capacityFactor?: number;
}

/**
 * A switch layer (arXiv 2101.03961): each row goes to the one expert that the router finds likeliest, and comes back
 * times that likelihood. A row that finds its expert full comes back as zero.
 *
 * balance = E sum_i f_i P_i, with f_i the share of rows whose likeliest expert is i, and P_i its mean likelihood: 1 when
 * all experts have the same share.
 */
export function switchFeedForward(
  make: ParameterMaker,
  { experts, capacityFactor = 1.25, ...options }: SwitchOptions,
): (rows: tf.Tensor2D) => { readonly rows: tf.Tensor2D; readonly balance: tf.Scalar } {
  const router = make.gaussian(`${options.name}/router`, [options.width, experts], options.deviation);
  const each = Array.from({ length: experts }, (_, i) =>
    feedForward(make, { ...options, name: `${options.name}/expert${i}` }),
  );
  return (rows) => {
    const count = rows.shape[0];
    const capacity = Math.ceil((capacityFactor * count) / experts);
    const likelihood = tf.softmax(tf.matMul(rows, router as tf.Tensor as tf.Tensor2D)) as tf.Tensor2D;
    const chosen = tf.cast(tf.oneHot(tf.argMax(likelihood, 1), experts), 'float32') as tf.Tensor2D;
    // The place of a row in its expert's queue: how many before it chose the same.
    const queues = tf.transpose(chosen);
    const place = tf.mul(tf.cumsum(queues, 1, true), queues);
    const gate = tf.sum(tf.mul(likelihood, chosen), 1, true);
    const outputs = each.map((expert, i) => {
      const mine = tf.slice(chosen, [0, i], [count, 1]);
      const places = tf.cast(tf.reshape(tf.slice(place, [i, 0], [1, count]), [count]), 'int32');
      // [rows, capacity], one where this row is in that place; oneHot is zero beyond the capacity.
      const dispatch = tf.mul(tf.cast(tf.oneHot(places, capacity), 'float32'), mine) as tf.Tensor2D;
      return tf.matMul(dispatch, expert(tf.matMul(dispatch, rows, true, false)));
    });
    const balance = tf.mul(experts, tf.sum(tf.mul(tf.mean(chosen, 0), tf.mean(likelihood, 0)))) as tf.Scalar;
    return { rows: tf.mul(tf.addN(outputs), gate) as tf.Tensor2D, balance };
  };
}
