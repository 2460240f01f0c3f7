/**
 * The reference value R of a nonmonotone search: what the batch has to be better than.
 * A rule with memory, as plain data: state and f(w) in, R and the next state out.
 */
export interface Reference<State, At = { readonly value: number }> {
  init(): State;
  next(state: State, at: At): readonly [reference: number, state: State];
}
