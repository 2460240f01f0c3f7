import { runAsync, type Method } from '@overparam/core';
import { frozen } from './frozen.ts';
import { interposed } from './interposed.ts';
import type { Problem } from './problem.ts';
import type { AnyOracle, MakeOracle, Subject } from './subject.ts';

export type AnyMethod = Method<unknown, unknown, AnyOracle>;

/** A method somewhere on its way. */
export interface Standing {
  readonly subject: Subject;
  readonly state: unknown;
  readonly step: number;
}

/** What is observable after a step. */
export interface Left {
  readonly state: unknown;
  readonly report: unknown;
  readonly w: readonly number[];
}

export const parameters = async ({ read }: Subject): Promise<readonly number[]> => Array.from(await read());

/** The k-th batch: half of the samples, one further each time. */
export function batchOf({ inputs }: Problem, k: number): readonly number[] {
  const N = inputs.length;
  return Array.from({ length: Math.ceil(N / 2) }, (_, i) => (k + i) % N);
}

/** A step on a batch of its own. The state is frozen: no method may change it. */
export async function stepOn(
  method: AnyMethod,
  problem: Problem,
  { subject, state, step }: Standing,
  oracle: AnyOracle = interposed(subject.oracle, (ask) => ask()),
): Promise<Standing & { readonly left: Left }> {
  subject.batch?.(batchOf(problem, step));
  const next = await runAsync(method, oracle, frozen(state));
  const left = { state: next.state, report: next.report, w: await parameters(subject) };
  return { subject, state: next.state, step: step + 1, left };
}

/** The method after `steps` steps from the start of a problem. */
export async function standing(
  method: AnyMethod,
  make: MakeOracle,
  problem: Problem,
  steps: number,
): Promise<Standing> {
  let at: Standing = { subject: await make(problem), state: method.init(), step: 0 };
  while (at.step < steps) at = await stepOn(method, problem, at);
  return at;
}
