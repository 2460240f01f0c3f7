/** A value now, or a promise of it. */
export type Answer<T> = T | PromiseLike<T>;

/** What `linearize` reports of f near the current point w, along the direction d. */
export interface Linearization {
  /** f(w) */
  readonly value: number;
  /** <g, d>: the directional derivative of f along d. Negative when d descends. */
  readonly slope: number;
  /** |g|^2; NaN where the request said `probes: false` and the oracle did not compute it. */
  readonly squaredGradientNorm: number;
  /**
   * True when the direction rule's d = -P m does not descend, and d is the part of it that the current gradient brings:
   * -(1 - beta1) P g for Adam, -g for momentum. It has the units of -P m, so a step that suits one suits the other.
   */
  readonly fellBack?: boolean;
}

export interface LinearizeRequest {
  /** Names of the modules to differentiate; the others have d = 0. Absent: all. */
  readonly modules?: readonly string[];
  /**
   * True, with `modules`: the others count as constants, and no gradient passes through them to what they were computed
   * from; it takes the connections that skip them. Cheaper than the exact gradient, and biased. An oracle that cannot
   * leave anything out answers with the exact one.
   */
  readonly around?: boolean;
  /**
   * False, for `linearize`: d is what the direction rule makes, even where it ascends; the slope is then positive. For
   * methods that do not search along d: a constant step follows the rule's own optimizer. True when absent.
   */
  readonly descend?: boolean;
  /**
   * False, for `linearize`: no later question of this step evaluates f or its gradient elsewhere, and |g|^2 is not
   * needed. The oracle may save what only such questions need, and may refuse them. True when absent.
   */
  readonly probes?: boolean;
}

/**
 * What every method may ask about the function f that it minimises.
 *
 * The oracle keeps the point w, the data, the gradient g and the direction d. Nothing of parameter size crosses:
 * arguments and answers are structured-cloneable scalars and arrays of sample size, so an oracle may live in a worker
 * or on another machine.
 */
export interface Oracle {
  /** Computes f, its gradient g and a direction d at the current point w. */
  linearize(request?: LinearizeRequest): Answer<Linearization>;
  /** f(w + step d), on the same data and the same randomness as the last `linearize`; w does not move. */
  probe(step: number): Answer<number>;
  /** w <- w + step d, whole or not at all. A step that is not finite is refused, and nothing moves. */
  move(step: number): Answer<void>;
}

/**
 * What a driver looks for on an oracle, beside the questions; all of it is optional.
 */
export interface Housekeeping {
  /** The backend's name, for messages. */
  readonly name?: string;
  /**
   * Called when a step ends in an error or an abort: forget the last `linearize` and leave everything, randomness and
   * moving averages included, as it was before.
   */
  abandon?(): Answer<void>;
  /** Called when a step has ended well: it can't be abandoned any more, and what it holds can be let go. */
  finish?(): Answer<void>;
}
