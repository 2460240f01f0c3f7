import type { Tensor } from '@tensorflow/tfjs-core';

export interface RuleInput {
  /** g, the gradient in one variable */
  readonly gradient: Tensor;
  /** w, the variable */
  readonly variable: Tensor;
  /** What the rule remembered of this variable, one tensor a name in `remembers`; undefined before its first step. */
  readonly memory: readonly Tensor[] | undefined;
  /** Which step of this variable it is: 1, 2, ... */
  readonly t: number;
}

export interface RuleOutput {
  /** P m: preconditioned, with momentum. The direction is d = -P m. */
  readonly momentum: Tensor;
  /** P g: preconditioned, without momentum. Called for methods that ask, later in the step: of tensors it may use the input and `memory`. */
  readonly preconditioned: () => Tensor;
  /**
   * The part of P m that the current gradient brings, without what is remembered and without weight decay:
   * (1 - beta1) P g for Adam. The oracle takes it where P m does not descend. Absent: `preconditioned`.
   */
  readonly fresh?: () => Tensor;
  /** What to remember, one tensor a name in `remembers`. */
  readonly memory: readonly Tensor[];
}

/**
 * How a direction is made of gradients. It runs within `tf.tidy`, disposes of nothing, and changes nothing in place:
 * its memory becomes that of the variable only when a step is accepted. Where g is finite, so are the direction and the
 * memory, and for g = 0 too.
 */
export interface DirectionRule {
  readonly name: string;
  /** What it was made with, so that it can be saved and made again. */
  readonly options: Readonly<Record<string, number>>;
  /** A name for each tensor of its memory. */
  readonly remembers: readonly string[];
  next(input: RuleInput): RuleOutput;
}
