import { type Case } from './cases.ts';

/**
 * What a worker is asked, one line of JSON: to prepare a case, when one is given, and to repeat it for so many milliseconds,
 * at least once. It repeats in runs of at least 5 ms and answers with the fastest run. Time is the processor time of the
 * worker's process, which other processes don't lengthen, but for a worker of several threads: that one counts real time.
 */
export interface Request {
  readonly prepare?: Case;
  readonly budget: number;
}

/** Milliseconds of a repetition in the fastest run, or why the worker can't do this case. */
export type Answer = { readonly milliseconds: number } | { readonly impossible: string };

/** Whoever takes so many times its budget for a single repetition is measured once, by the first. */
export const slow = 10;
