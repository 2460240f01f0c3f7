import fc from 'fast-check';
import { badOption } from '@overparam/core';
import { checkAll, type Check, type Effort } from './check.ts';
import { compositeChecks } from './composite-checks.ts';
import { housekeepingChecks } from './housekeeping-checks.ts';
import { lineChecks } from './line-checks.ts';
import { optionalChecks } from './optional-checks.ts';
import { posing, type Backend, type Posed } from './posed.ts';
import { toleranceOf, type Precision } from './precision.ts';
import { slopingProblems, type Problem } from './problem.ts';
import { promiseOf } from './promise.ts';
import { backendPromises } from './promises-of-backends.ts';
import { register, type RunnerOptions } from './runner.ts';
import type { AnyOracle, MakeOracle } from './subject.ts';

export interface BackendOptions extends RunnerOptions, Effort {
  /** The backend's name in the title of its tests. */
  readonly name?: string;
  /** Its arithmetic: 'float64' when absent. */
  readonly precision?: Precision;
  /** Layers of the networks that it is tested on; 2 when absent, 1 for a backend of linear models. */
  readonly layers?: number;
  /** Questions that it claims to answer, beside `linearize`, `probe` and `move`. What it answers is tested in any case. */
  readonly answers?: readonly (keyof AnyOracle & string)[];
  /** False for a backend that knows no modules. */
  readonly modules?: boolean;
  /** True for a backend whose problems can have randomness: see `noise` of {@link Problem}. */
  readonly noise?: boolean;
}

/** What the groups of tests are given. */
export interface Testing extends Backend {
  readonly promised: ReturnType<typeof promiseOf>;
  readonly options: BackendOptions;
  /** Random problems of the depth that is asked for. */
  readonly problems: fc.Arbitrary<Problem>;
  /** A test on random problems and steps. */
  about(
    id: string,
    presumes: readonly string[],
    test: (posed: Posed, step: number) => Promise<void>,
    problems?: fc.Arbitrary<Problem>,
  ): Check;
}

/**
 * Tests that a backend keeps what the protocol promises: one call in a test file, one test per promise.
 *
 * ```typescript
 * testBackend((problem) => myOracle(problem), { runner: { describe, it }, precision: 'float32', layers: 1 });
 * ```
 *
 * @param makeOracle builds a small problem in the backend's tensors; a new one at each call
 * @throws OverparamError `BAD_OPTION`; its tests throw {@link PromiseBroken}
 */
export function testBackend(makeOracle: MakeOracle, options: BackendOptions = {}): void {
  register(`the backend${options.name ? ` '${options.name}'` : ''}`, backendChecks(makeOracle, options), options);
}

export function backendChecks(make: MakeOracle, options: BackendOptions): Check[] {
  const { precision = 'float64', layers = 2 } = options;
  if (precision !== 'float32' && precision !== 'float64')
    throw badOption('precision', precision, "'float32' or 'float64'");
  if (!(Number.isInteger(layers) && layers >= 1)) throw badOption('layers', layers, 'a whole number >= 1');
  const promised = promiseOf(backendPromises);
  const backend: Backend = { make, tolerance: toleranceOf(precision) };
  const problems = slopingProblems({ layers });
  const steps = fc.constantFrom(0.125, 0.25, -0.25, 0.5);
  const testing: Testing = {
    ...backend,
    promised,
    options,
    problems,
    about: (id, presumes, test, of = problems) =>
      checkAll(
        promised(id),
        presumes,
        fc.record({ problem: of, step: steps }),
        ({ problem, step }) => posing(backend, problem, (posed) => test(posed, step)),
        options,
      ),
  };
  return [
    ...lineChecks(testing),
    ...housekeepingChecks(testing),
    ...optionalChecks(testing),
    ...compositeChecks(testing),
  ];
}
