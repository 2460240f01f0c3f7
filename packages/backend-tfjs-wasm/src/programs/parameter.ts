import { isRecording } from './effects.ts';

/**
 * A number that is read anew whenever a program runs, such as a learning rate. It stands where a number stands: arithmetic and
 * calls of WebAssembly take its value.
 */
export interface Parameter {
  valueOf(): number;
}

/** The value of `read()`: of the present one, or of the one in each run where a program is recorded. */
export function parameter(read: () => number): number {
  return isRecording() ? (new Read(read) as unknown as number) : read();
}

/** `f` of a number, itself a parameter where that is one. */
export function derived(x: number, f: (x: number) => number): number {
  return isParameter(x) ? parameter(() => f(x.valueOf())) : f(x);
}

export const isParameter = (value: unknown): value is Parameter => value instanceof Read;

class Read implements Parameter {
  readonly #read: () => number;
  constructor(read: () => number) {
    this.#read = read;
  }
  valueOf(): number {
    return this.#read();
  }
}
