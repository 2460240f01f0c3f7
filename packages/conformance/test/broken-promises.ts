import { outcomes, type Check } from '../src/check.ts';
import type { PromiseBroken } from '@overparam/conformance';

/** The promises that are found broken, each with what is thrown. */
export async function brokenPromises(checks: readonly Check[]): Promise<Record<string, PromiseBroken>> {
  const outcome = outcomes(checks);
  const broken: Record<string, PromiseBroken> = {};
  for (const { promise } of checks) {
    const result = await outcome(promise.id);
    if ('broken' in result) broken[promise.id] = result.broken;
  }
  return broken;
}
