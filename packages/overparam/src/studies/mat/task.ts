import type * as tf from '@tensorflow/tfjs';
import type { Parameter } from '../../models/parameters.ts';

/** What is trained: a model with modules, batches, and samples that were held out. */
export interface MatTask {
  readonly parameters: readonly Parameter[];
  /** From the input to the output. */
  readonly modules: Readonly<Record<string, readonly tf.Variable[]>>;
  /** Among these, by kind, are the modules that MAT chooses from. */
  readonly kinds: Readonly<Record<string, readonly string[]>>;
  /** The stages of early freezing, from the input to the output: each ends with its modules frozen. */
  readonly stages: readonly (readonly string[])[];
  /** Samples a step. */
  readonly batch: number;
  /** The loss of the batch of this step: a function of seed and step alone. */
  loss(step: number): tf.Scalar;
  /** The mean loss on the held-out samples. */
  validationLoss(): number;
  dispose(): void;
}
