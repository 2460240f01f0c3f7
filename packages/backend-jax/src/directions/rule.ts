import type { Array as JaxArray } from '@jax-js/jax';

/** What a rule is given of one array of the weights. It takes over each array, as functions of jax-js do. */
export interface RuleInput {
  /** g */
  readonly gradient: JaxArray;
  /** w */
  readonly weight: JaxArray;
  /** One array per name in `remembers`, in the shape of w; zeros before the first step. */
  readonly memory: readonly JaxArray[];
  /** `coefficients(t)`, a vector. */
  readonly coefficients: JaxArray;
}

export interface RuleOutput {
  /** P m: preconditioned, with momentum. The direction is d = -P m. */
  readonly momentum: JaxArray;
  /** What to remember, one array per name in `remembers`. */
  readonly memory: readonly JaxArray[];
}

/**
 * How a direction is made of gradients. It is traced by `jit`, so it computes with jax-js alone; what depends on the
 * count of steps enters by `coefficients`. Where g is finite, so are the direction and the memory.
 */
export interface DirectionRule {
  readonly name: string;
  /** What it was made with. */
  readonly options: Readonly<Record<string, number>>;
  /** A name per array of its memory. */
  readonly remembers: readonly string[];
  /** Numbers for step t = 1, 2, ... of an array, at least one. */
  coefficients(t: number): readonly number[];
  next(input: RuleInput): RuleOutput;
  /** P g, without momentum; `memory` is the memory after the step. */
  preconditioned(input: RuleInput): JaxArray;
  /** The part of P m that comes from g, without weight decay: (1 - beta1) P g for Adam. `memory` as above. */
  fresh(input: RuleInput): JaxArray;
}
