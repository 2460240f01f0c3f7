import type * as tf from '@tensorflow/tfjs';

/** What one training step did. */
export interface TrainingStep {
  /** The loss of the batch before the step. */
  readonly loss: number;
  /** The step size; 0 where the parameters stayed. */
  readonly stepSize: number;
  readonly backtracks: number;
  /** Evaluations of the loss beside its gradient. */
  readonly evaluations: number;
}

/** A tensor's content, outside of tfjs. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | readonly string[];
}

/** The loss of a batch, and of each sample in it. */
export interface BatchLoss {
  mean(): tf.Scalar;
  each(): tf.Tensor1D;
  /** Their numbers in the training set. */
  readonly samples: readonly number[];
}

/** An optimiser with all that it remembers. */
export interface Trainer {
  step(loss: BatchLoss): TrainingStep;
  /** What it remembers, to the bit. */
  save(): Promise<readonly NamedArray[]>;
  restore(saved: readonly NamedArray[]): Promise<void>;
  dispose(): void;
}
