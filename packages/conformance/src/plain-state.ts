import { checkpoint, isOverparamError, restore } from '@overparam/core';
import { Finding } from './promise-broken.ts';
import { ensureSame } from './same.ts';

interface Stateful<State> {
  readonly name: string;
  init(): State;
}

/** The state as a checkpoint of it, in JSON, gives it back. */
export const throughJson = <State>(of: Stateful<State>, state: State): State =>
  restore<State>(of, JSON.stringify(checkpoint(of, state)));

/** @throws Finding unless the state is plain data that survives JSON */
export function ensurePlain<State>(of: Stateful<State>, state: State, what = 'the state'): void {
  try {
    ensureSame(throughJson(of, state), state, `${what} after JSON`);
  } catch (error) {
    throw isOverparamError(error) ? new Finding(`${what}: ${error.message}`) : error;
  }
}
