import * as tf from '@tensorflow/tfjs';
import type { ParameterMaker } from './parameters.ts';

interface Head {
  readonly Q: tf.Variable;
  readonly bQ: tf.Variable;
  readonly K: tf.Variable;
  readonly bK: tf.Variable;
  readonly V: tf.Variable;
  readonly bV: tf.Variable;
  /** O, of head width x width: this head's part of the output. */
  readonly O: tf.Variable;
}

export interface AttentionOptions {
  readonly name: string;
  /** d */
  readonly width: number;
  readonly heads: number;
  /** Whether a position sees only itself and those before it. */
  readonly causal: boolean;
  /** The deviation of all weights at the start but O's. */
  readonly deviation: number;
  /** That of O: GPT-2 divides by sqrt(2 layers). */
  readonly outputDeviation: number;
}

/** Self-attention, [batch, T, width] -> the same; the parameters of each head are tensors of their own. */
export interface Attention {
  (x: tf.Tensor3D): tf.Tensor3D;
}

/** sum_h softmax(q_h k_h^T / sqrt(d_h)) v_h O_h + b (arXiv 1706.03762, section 3.2). */
export function attention(
  { gaussian, constant }: ParameterMaker,
  { name, width, heads, causal, deviation, outputDeviation }: AttentionOptions,
): Attention {
  const headWidth = width / heads;
  const made = Array.from({ length: heads }, (_, h): Head => {
    const weights = (which: string): tf.Variable =>
      gaussian(`${name}/head${h}/${which}`, [width, headWidth], deviation);
    const bias = (which: string): tf.Variable => constant(`${name}/head${h}/b${which}`, [headWidth], 0);
    return {
      Q: weights('Q'),
      bQ: bias('Q'),
      K: weights('K'),
      bK: bias('K'),
      V: weights('V'),
      bV: bias('V'),
      O: gaussian(`${name}/head${h}/O`, [headWidth, width], outputDeviation),
    };
  });
  const outputBias = constant(`${name}/b`, [width], 0);

  return (x) => {
    const [batch, T] = x.shape;
    const rows = tf.reshape(x, [batch * T, width]);
    const project = (W: tf.Variable, b: tf.Variable): tf.Tensor3D =>
      tf.reshape(tf.add(tf.matMul(rows, W as tf.Tensor as tf.Tensor2D), b), [batch, T, headWidth]);
    const outputs = made.map(({ Q, bQ, K, bK, V, bV, O }) => {
      const scores = tf.mul(tf.matMul(project(Q, bQ), project(K, bK), false, true), 1 / Math.sqrt(headWidth));
      const weights = tf.softmax(causal ? tf.add(scores, future(T)) : scores) as tf.Tensor3D;
      const mixed = tf.matMul(weights, project(V, bV));
      return tf.matMul(tf.reshape(mixed, [batch * T, headWidth]), O as tf.Tensor as tf.Tensor2D);
    });
    return tf.reshape(tf.add(tf.addN(outputs), outputBias), [batch, T, width]);
  };
}

/** A large negative number where a position would look ahead: T x T. */
const future = (T: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0)),
    [T, T],
  );
