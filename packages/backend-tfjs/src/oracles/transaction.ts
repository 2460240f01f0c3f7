import type { Variable } from '@tensorflow/tfjs-core';
import { disposeAll } from '../recording/engine.ts';
import type { ParameterMemory, Remembered } from '../modules/parameter-memory.ts';
import type { Draws } from '../recording/randomness.ts';
import { forget, note, putBack, type Before } from '../recording/variable-writes.ts';

/** What brings everything back to where a step began. */
interface Undo {
  readonly variables: Before;
  readonly memory: (readonly [Variable, Remembered | undefined])[];
  readonly draws: Draws;
}

/** All that a step changes for good: variables, what is remembered of them, and draws of `Math.random`. */
export interface Transaction {
  /** Begins a step by the call of the user's function; an exception of it leaves everything as it was. */
  begin<T>(call: (draws: Draws, before: Before) => T): T;
  /** The draws of the step's call. */
  readonly draws: Draws;
  /** Keeps what a variable holds, to put it back. */
  note(variable: Variable): void;
  /** The variables that were written so far in the step. */
  written(): readonly Variable[];
  /** Puts something else in the memory of a variable. */
  remember(variable: Variable, remembered: Remembered): void;
  /** Lets go of what would undo the step. */
  finish(): void;
  /** Undoes the step; the next one takes the same draws. */
  abandon(): void;
}

export function transaction(memory: ParameterMemory): Transaction {
  /** Draws that an abandoned step took. */
  let leftover: number[] = [];
  let undo: Undo | undefined;

  return {
    begin(call) {
      const draws: Draws = { values: leftover, used: 0 };
      undo = { variables: new Map(), memory: [], draws };
      try {
        const result = call(draws, undo.variables);
        leftover = draws.values.splice(draws.used);
        return result;
      } catch (error) {
        leftover = [];
        this.abandon();
        throw error;
      }
    },
    get draws() {
      return undo?.draws ?? { values: [], used: 0 };
    },
    written: () => [...(undo?.variables.keys() ?? [])],
    note: (variable) => note(undo!.variables, variable),
    remember: (variable, remembered) => void undo!.memory.push([variable, memory.set(variable, remembered)]),
    finish() {
      if (!undo) return;
      forget(undo.variables);
      for (const [, replaced] of undo.memory) disposeAll(Object.values(replaced?.tensors ?? {}));
      undo = undefined;
    },
    abandon() {
      if (!undo) return;
      const { variables, memory: replaced, draws } = undo;
      undo = undefined;
      for (const [variable, before] of replaced.reverse())
        disposeAll(Object.values(memory.set(variable, before)?.tensors ?? {}));
      putBack(variables);
      leftover = [...draws.values, ...leftover];
    },
  };
}
