import type * as tf from '@tensorflow/tfjs';

/** A network: its parameters, and its outputs for a batch of inputs. */
export interface Model {
  readonly parameters: readonly tf.Variable[];
  /** Logits, shape [batch, outputs]. */
  logits(inputs: tf.Tensor2D): tf.Tensor2D;
  /** How many rows it takes at a time where no gradient is asked for; as many as memory allows when absent. */
  readonly rowsAtOnce?: number;
  dispose(): void;
}
