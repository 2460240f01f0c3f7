import { softmaxCrossEntropy } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { parameterMaker, type Parameter } from './parameters.ts';

export interface LstmOptions {
  /** How many different tokens there are. */
  readonly vocabulary: number;
  /** Of the vector that stands for a token; `width / 2` when absent. */
  readonly embedding?: number;
  /** Of the state. */
  readonly width: number;
  readonly seed: number;
}

/** A recurrent network on tokens. */
export interface Lstm {
  readonly parameters: readonly Parameter[];
  /** Logits [batch T, vocabulary] of the token after each of tokens [batch, T]. */
  logits(tokens: tf.Tensor2D): tf.Tensor2D;
  /** Logits [batch, vocabulary] of the token after the last. */
  next(tokens: tf.Tensor2D): tf.Tensor2D;
  /** The mean cross-entropy of predicting `targets` [batch, T]. */
  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar;
  dispose(): void;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; with the forget gate of Gers et al. 2000), of one layer:
 * c <- sigmoid(f) c + sigmoid(i) tanh(g), h <- sigmoid(o) tanh(c) with [i, f, g, o] = x W + h U + b. The biases of f
 * start at 1 (Jozefowicz et al. 2015).
 */
export function lstm({ vocabulary, width: H, embedding: E = Math.ceil(H / 2), seed }: LstmOptions): Lstm {
  const make = parameterMaker(seed);
  const tokensOf = make.gaussian('embedding', [vocabulary, E], 0.1);
  const W = make.gaussian('recurrent/W', [E, 4 * H], 1 / Math.sqrt(E)) as tf.Tensor as tf.Tensor2D;
  const U = make.gaussian('recurrent/U', [H, 4 * H], 1 / Math.sqrt(H)) as tf.Tensor as tf.Tensor2D;
  const b = make.constant('recurrent/b', [4 * H], 0);
  const forget = make.constant('recurrent/forget', [H], 1);
  const output = make.gaussian('output/W', [H, vocabulary], 1 / Math.sqrt(H)) as tf.Tensor as tf.Tensor2D;
  const c0 = make.constant('output/b', [vocabulary], 0);

  /** h after each token, T of [batch, H]. */
  const states = (tokens: tf.Tensor2D): readonly tf.Tensor2D[] => {
    const [batch, T] = tokens.shape;
    // The part of the gates that no state enters, of all tokens in one product.
    const seen = tf.reshape(tf.gather(tokensOf, tf.transpose(tokens)), [T * batch, E]) as tf.Tensor2D;
    const inputs = tf.unstack(tf.reshape(tf.add(tf.matMul(seen, W), b), [T, batch, 4 * H]));
    let h = tf.zeros([batch, H]) as tf.Tensor2D;
    let c = h;
    return inputs.map((x) => {
      const [i, f, g, o] = tf.split(tf.add(x, tf.matMul(h, U)), 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      c = tf.add(tf.mul(tf.sigmoid(tf.add(f, forget)), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      return h;
    });
  };
  const read = (h: tf.Tensor2D): tf.Tensor2D => tf.add(tf.matMul(h, output), c0);
  const logits: Lstm['logits'] = (tokens) => {
    const all = tf.transpose(tf.stack([...states(tokens)]), [1, 0, 2]);
    return read(tf.reshape(all, [-1, H]));
  };
  return {
    parameters: make.made,
    logits,
    next: (tokens) => read(states(tokens).at(-1)!),
    loss(tokens, targets) {
      const hot = tf.cast(tf.oneHot(tf.reshape(targets, [-1]), vocabulary), 'float32');
      return tf.mean(softmaxCrossEntropy(hot, logits(tokens)));
    },
    dispose: () => make.made.forEach(({ variable }) => variable.dispose()),
  };
}
