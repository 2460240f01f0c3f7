import { maxThreads } from './control.ts';
import { processors } from './spawn.ts';

/** How many threads somebody wants: a number, the calling one included, or all that the machine computes at once. */
export type ThreadCount = number | 'all';

/** Whether it is 'all', or a whole number from 1 to `maxThreads`. */
export function isThreadCount(value: unknown): value is ThreadCount {
  return value === 'all' || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxThreads);
}

/** As a number. */
export function countThreads(threads: ThreadCount): number {
  return threads === 'all' ? Math.min(processors(), maxThreads) : threads;
}

/**
 * What the environment variable OVERPARAM_THREADS says, undefined where it says nothing: a process that runs many others on one
 * machine sets it to 1. It may be nonsense: see `isThreadCount`.
 */
export function environmentThreads(): unknown {
  const { process } = globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } };
  const text = process?.env?.['OVERPARAM_THREADS'];
  if (text === undefined || text === '') return undefined;
  return /^\d+$/.test(text) ? Number(text) : text;
}
