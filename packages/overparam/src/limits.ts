import { OverparamError } from '@overparam/core';

/**
 * The most that a run may ask for. An option that is wrong by orders of magnitude would fill the memory, or block the
 * process within a single step, where nothing can stop or save it.
 */
const LIMITS: Readonly<Record<Limited, number>> = {
  /** In the largest arrays together: 1 GiB of float32. */
  numbers: 2 ** 28,
  /** Multiplications between two moments at which the run can be stopped: a minute or less. */
  'multiplications per step': 2 ** 37,
  /** Each piece of work has its results in one file. */
  'pieces of work': 10_000,
};
type Limited = 'numbers' | 'multiplications per step' | 'pieces of work';

/**
 * @param options that the amount comes from, as the user writes them
 * @throws OverparamError `TOO_LARGE`
 */
export function limit(what: Limited, options: string, amount: number): void {
  if (amount <= LIMITS[what]) return;
  throw new OverparamError(
    'TOO_LARGE',
    `${options}: that is ${amount.toExponential(1)} ${what}, and ${LIMITS[what].toLocaleString('en-US')} is the most: use smaller values.`,
  );
}
