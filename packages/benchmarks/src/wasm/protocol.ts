import { type Case } from './cases.ts';

/**
 * A request to a worker, one line of JSON: prepare a case, if one is given, and repeat it for the given milliseconds,
 * at least once. It repeats in runs of at least 5 ms and answers with the fastest run. Time is the processor time of the
 * worker's process, which other processes do not lengthen. A worker with several threads counts real time instead.
 */
export interface Request {
  readonly prepare?: Case;
  readonly budget: number;
}

/** Milliseconds of a repetition in the fastest run, or why the worker can't do this case. */
export type Answer = { readonly milliseconds: number } | { readonly impossible: string };

/** A contestant whose repetition takes more than this multiple of its budget is measured by its first repetition alone. */
export const slow = 10;
