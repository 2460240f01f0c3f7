import { NotApplicable } from './check.ts';
import { flatWeights, maskOf, network, type Network } from './network.ts';
import { type Numbers, type Tolerance } from './precision.ts';
import type { Problem } from './problem.ts';
import { Finding } from './promise-broken.ts';
import type { AnyOracle, MakeOracle, Subject } from './subject.ts';
import { norm } from './vector.ts';

/** Numbers that errors are relative to. */
export interface Scales {
  /** Of outputs and residuals. */
  readonly outputs: number;
  /** Of f. */
  readonly value: number;
  /** Of J. */
  readonly jacobian: number;
  /** Of g. */
  readonly gradient: number;
  readonly parameters: number;
}

/** A backend's oracle of a problem, beside the exact numbers. */
export interface Posed {
  readonly problem: Problem;
  readonly subject: Subject;
  readonly oracle: AnyOracle;
  readonly net: Network;
  readonly start: Float64Array;
  readonly tolerance: Tolerance;
  w(): Promise<Float64Array>;
}

/** What the tests of a backend share. */
export interface Backend {
  readonly make: MakeOracle;
  readonly tolerance: Tolerance;
}

/** Builds a problem, and disposes of it after the test. */
export async function posing<T>(
  { make, tolerance }: Backend,
  problem: Problem,
  test: (posed: Posed) => Promise<T>,
): Promise<T> {
  const subject = await make(problem);
  try {
    return await test({
      problem,
      subject,
      oracle: subject.oracle,
      net: network(problem),
      start: flatWeights(problem),
      tolerance,
      w: async () => Float64Array.from(await subject.read()),
    });
  } finally {
    subject.dispose?.();
  }
}

/** w + step d after some questions: where the same oracle would go by `move`. Its own oracle is not asked. */
export const reached = (
  backend: Backend,
  problem: Problem,
  step: number,
  questions: (oracle: AnyOracle) => Promise<unknown> = async (oracle) => oracle.linearize(),
): Promise<Float64Array> =>
  posing(backend, problem, async ({ oracle, w }) => {
    await questions(oracle);
    await oracle.move(step);
    return w();
  });

export function scalesOf({ problem }: Pick<Posed, 'problem'>, net: Network, w: Numbers): Scales {
  const outputs = 1 + norm(net.outputs(w)) + norm(problem.targets.flat());
  const parameters = 1 + norm(w);
  const jacobian = 1 + norm(net.jacobian(w));
  return { outputs, value: outputs ** 2, jacobian, gradient: jacobian * outputs, parameters };
}

/** @throws NotApplicable unless the oracle answers the questions */
export function answering(oracle: AnyOracle, ...questions: (keyof AnyOracle)[]): Required<AnyOracle> {
  for (const question of questions)
    if (typeof oracle[question] !== 'function') throw new NotApplicable(`the oracle does not answer '${question}'`);
  return oracle as Required<AnyOracle>;
}

/** The parts of a vector that belong to some modules. */
export const inModules = (problem: Problem, v: Numbers, modules?: readonly string[]): Float64Array =>
  maskOf(problem, modules).map((on, p) => (on ? v[p]! : 0));

/** Whether the oracle refuses a question; what the suite itself finds wrong passes through. */
export async function refused(ask: () => unknown): Promise<boolean> {
  try {
    await ask();
    return false;
  } catch (error) {
    if (error instanceof Finding) throw error;
    return true;
  }
}
