import { badOption } from '@overparam/core';
import { outcomes, type Check } from './check.ts';

/** What the suites use of a test runner: vitest, jest, mocha, node:test and bun have it. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: (...context: readonly unknown[]) => Promise<void>, timeout?: number): unknown;
}

export interface RunnerOptions {
  /** The test runner's `describe` and `it`; the global ones when absent. */
  readonly runner?: Runner;
  /** Milliseconds for each test, for runners that limit them; 60,000 when absent. */
  readonly timeout?: number;
}

/** Registers a test for each check. What does not apply is skipped, where the runner can. */
export function register(
  title: string,
  checks: readonly Check[],
  { runner = globalRunner(), timeout = 60_000 }: RunnerOptions,
): void {
  const outcome = outcomes(checks);
  runner.describe(title, () => {
    for (const { promise } of checks)
      runner.it(
        promise.id,
        // A rest parameter leaves the function's length at 0, so that no runner takes the context for a callback.
        async (...[context]) => {
          const result = await outcome(promise.id);
          if ('broken' in result) throw result.broken;
          if ('skipped' in result) skip(context, result.skipped);
        },
        timeout,
      );
  });
}

function globalRunner(): Runner {
  const { describe, it } = globalThis as Partial<Runner>;
  if (typeof describe === 'function' && typeof it === 'function') return { describe, it };
  throw badOption(
    'runner',
    undefined,
    "{ describe, it } of your test runner, as in import { describe, it } from 'vitest'",
  );
}

function skip(context: unknown, reason: string): void {
  const { skip } = (context ?? {}) as { skip?: unknown };
  if (typeof skip === 'function') skip.call(context, reason);
}
