import type { Asking, Inquiry } from './ask.ts';
import type { Oracle } from './oracle.ts';

/** A direction rule by name, as plain data that backends make the rule of. */
export interface NamedDirection {
  readonly name: string;
  readonly options: Readonly<Record<string, number>>;
}

/** What a step leaves behind. */
export interface Step<State, Report> {
  readonly state: State;
  readonly report: Report;
  /** Why the method stops here; absent if it continues. */
  readonly stopped?: string;
}

/**
 * An iterative method as a coroutine: each step asks typed questions of an oracle and computes with the answers.
 *
 * What a method keeps to: `state` is plain data that survives JSON, and is never changed in place; a step asks only
 * questions named in `needs` or `wants`; it asks at most one whose name begins with `move`, and that one last, so that a step
 * happens whole or not at all.
 */
export interface Method<State, Report, Needs extends object = Oracle> {
  readonly name: string;
  /** What it was made with, as plain data: with the name, enough to make the method again from a saved configuration. */
  readonly options?: object;
  /** The questions that a step may ask; the driver checks them against the oracle before the first step. */
  readonly needs: readonly (keyof Needs & string)[];
  /**
   * The direction rule that the method is meant for: give it to the oracle, `oracle(loss, { direction: method.direction })`.
   * Front doors that make the oracle themselves take it when no other direction is given.
   */
  readonly direction?: NamedDirection;
  /** Questions that a step asks only of an oracle that answers them: of any other they are absent in `oracle`. */
  readonly wants?: readonly (keyof Needs & string)[];
  /** The state before the first step. */
  init(): State;
  step(state: State, oracle: Asking<Needs>): Inquiry<Step<State, Report>>;
  /**
   * For methods whose steps decay towards the end of a run: the state of a run that ends `steps` steps from now. `known`:
   * a trainer knows it, and the method's options may say otherwise; `asked`: the user asks for it.
   */
  endIn?(state: State, steps: number, why: 'known' | 'asked'): State;
}
