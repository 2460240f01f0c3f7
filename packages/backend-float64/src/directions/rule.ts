/**
 * How a direction is made of gradients, parameter by parameter.
 *
 * `next` is called once per parameter and step. Its moments become the oracle's only when the step moves.
 */
export interface DirectionRule {
  readonly name: string;
  /** What it was made with, so that it can be saved and made again. */
  readonly options: Readonly<Record<string, number>>;
  /** The names of its moments: one number each per parameter, 0 before the first step. */
  readonly remembers: readonly string[];
  /**
   * @param g the gradient in this parameter
   * @param w the parameter
   * @param moments its moments, in the order of `remembers`; the rule writes the new ones there
   * @param t which step of this parameter it is: 1, 2, ...
   */
  next(g: number, w: number, moments: Float64Array, t: number): RuleOutput;
}

export interface RuleOutput {
  /** P m: preconditioned, with momentum. The direction is d = -P m. */
  readonly momentum: number;
  /** P g: preconditioned, without momentum. */
  readonly preconditioned: number;
  /**
   * The part of P m that the current gradient brings, without what is remembered and without weight decay: (1 - beta1) P g
   * for Adam. The oracle takes it where P m does not descend. Absent: `preconditioned`.
   */
  readonly fresh?: number;
}
