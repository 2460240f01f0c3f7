import fc from 'fast-check';
import { OverparamError } from '@overparam/core';
import type { Promised } from './promise.ts';
import { PromiseBroken } from './promise-broken.ts';

/** A test of one promise. */
export interface Check {
  readonly promise: Promised;
  /** Ids of promises without which this one means nothing: while one of them is broken, this is not tested. */
  readonly presumes: readonly string[];
  /** Resolves when the promise holds. @throws NotApplicable, or what is wrong */
  readonly test: () => Promise<void>;
}

/** How many random problems a promise is tested on, and which. */
export interface Effort {
  /** Random problems a promise; 20 when absent. */
  readonly runs?: number;
  /** Of the random problems; fixed when absent, so that a test fails always or never. */
  readonly seed?: number;
}

/** The subject does not claim what the check is about. */
export class NotApplicable extends Error {}

/** How a check ended. */
export type Outcome = { readonly kept: true } | { readonly skipped: string } | { readonly broken: PromiseBroken };

/** A check on random values, which are shrunk to the smallest that fails. */
export function checkAll<T>(
  promise: Promised,
  presumes: readonly string[],
  values: fc.Arbitrary<T>,
  test: (value: T) => void | Promise<void>,
  { runs = 20, seed = 1 }: Effort = {},
): Check {
  return {
    promise,
    presumes,
    async test() {
      const one = async (value: T): Promise<void> => {
        try {
          await test(value);
        } catch (error) {
          // Not applicable to this value: other values may be.
          if (!(error instanceof NotApplicable)) throw error;
          reasons.push(error);
        }
      };
      const reasons: NotApplicable[] = [];
      const { failed, counterexample, errorInstance } = await fc.check(fc.asyncProperty(values, one), {
        numRuns: runs,
        seed,
      });
      if (failed) throw new PromiseBroken(promise, counterexample?.[0], errorInstance);
      if (reasons.length === runs) throw reasons[0]!;
    },
  };
}

/** A check of one fixed case. */
export const checkOnce = (promise: Promised, presumes: readonly string[], test: () => void | Promise<void>): Check => ({
  promise,
  presumes,
  async test() {
    try {
      await test();
    } catch (error) {
      throw error instanceof NotApplicable ? error : new PromiseBroken(promise, undefined, error);
    }
  },
});

/** Runs each check once, however often its outcome is asked for. */
export function outcomes(checks: readonly Check[]): (id: string) => Promise<Outcome> {
  const known = new Map<string, Promise<Outcome>>();
  const outcome = (id: string): Promise<Outcome> => {
    const before = known.get(id);
    if (before) return before;
    const now = decide(id);
    known.set(id, now);
    return now;
  };
  const decide = async (id: string): Promise<Outcome> => {
    const check = checks.find(({ promise }) => promise.id === id);
    if (!check) throw new OverparamError('UNKNOWN_PROMISE', `No promise is called '${id}'.`);
    for (const presumed of check.presumes)
      if (!('kept' in (await outcome(presumed)))) return { skipped: `it presumes '${presumed}', which does not hold` };
    try {
      await check.test();
      return { kept: true };
    } catch (error) {
      if (error instanceof NotApplicable) return { skipped: error.message };
      if (error instanceof PromiseBroken) return { broken: error };
      throw error;
    }
  };
  return outcome;
}
