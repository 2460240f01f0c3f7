import fc from 'fast-check';
import { badOption, isOverparamError, run, runAsync, type Method } from '@overparam/core';
import { checkAll, checkOnce, NotApplicable, type Check, type Effort } from './check.ts';
import { exactOracle } from './exact-oracle.ts';
import { faultAt, injected, type Fault } from './faults.ts';
import { changeOfFrozen, frozen } from './frozen.ts';
import { interposed } from './interposed.ts';
import { ensurePlain, throughJson } from './plain-state.ts';
import { batchOf, parameters, standing, stepOn, type AnyMethod, type Left, type Standing } from './method-run.ts';
import { network } from './network.ts';
import { slopingProblems, solvableProblems, wideProblem, type Problem } from './problem.ts';
import { ensure, Finding, shown } from './promise-broken.ts';
import { methodPromises } from './promises-of-methods.ts';
import { promiseOf } from './promise.ts';
import { register, type RunnerOptions } from './runner.ts';
import { ensureSame } from './same.ts';
import { sizeOf } from './sizes.ts';
import type { AnyOracle, MakeOracle } from './subject.ts';

/** What a method claims to do on convex quadratics with the minimum f* = 0, on full batches. */
export interface MethodClaims {
  /** After this many steps f is lower than at the start; 20 when absent, false for a method that does not descend. */
  readonly descends?: number | false;
  /** No step leaves f higher than it was. */
  readonly monotone?: boolean;
  /** After `steps` steps, f - f* is at most `to` times what it was at the start. */
  readonly converges?: { readonly steps: number; readonly to: number };
  /** Over every `steps` steps, f - f* shrinks at least by `factor`, down to `until` times its start, 1e-12 when absent. */
  readonly linear?: { readonly steps: number; readonly factor: number; readonly until?: number };
}

export interface MethodOptions extends RunnerOptions, Effort {
  readonly claims?: MethodClaims;
  /** Layers of the networks that it is tested on; 1, a linear model, when absent. */
  readonly layers?: number;
  /** The oracles that it is tested on; an exact one that answers every question of the core when absent. */
  readonly makeOracle?: MakeOracle;
}

/**
 * Tests that a method keeps what the protocol promises: one call in a test file, one test per promise.
 *
 * ```typescript
 * testMethod(myMethod(), { runner: { describe, it }, claims: { converges: { steps: 100, to: 1e-6 } } });
 * ```
 *
 * @throws OverparamError `BAD_OPTION`; its tests throw {@link PromiseBroken}
 */
export function testMethod<S, R, O extends object>(method: Method<S, R, O>, options: MethodOptions = {}): void {
  register(`the method '${method.name}'`, methodChecks(method, options), options);
}

const promised = promiseOf(methodPromises);
/** Without these, nothing else can be tested. */
const basic = ['declared-questions', 'state-unchanged', 'stays-at-minimum', 'completes'];
const sound = [...basic, 'deterministic'];

export function methodChecks<S, R, O extends object>(subject: Method<S, R, O>, options: MethodOptions): Check[] {
  const { claims = {}, layers = 1, makeOracle = (problem) => exactOracle(problem, { guarded: false }) } = options;
  const method = subject as unknown as AnyMethod;
  if (!(Number.isInteger(layers) && layers >= 1)) throw badOption('layers', layers, 'a whole number >= 1');
  const small = slopingProblems({ layers });
  const started = fc.record({ problem: small, steps: fc.integer({ min: 0, max: 3 }) });
  const on = async (problem: Problem, steps = 0): Promise<Standing> => standing(method, makeOracle, problem, steps);
  const step = (problem: Problem, at: Standing, oracle?: AnyOracle) => stepOn(method, problem, at, oracle);

  /** What is observable after each of the steps. */
  const trail = async (problem: Problem, steps: number): Promise<Left[]> => {
    const lefts: Left[] = [];
    for (let at = await on(problem); at.step < steps;) {
      const next = await step(problem, at);
      lefts.push(next.left);
      at = next;
    }
    return lefts;
  };
  /** The questions that a step asks. */
  const asks = async (problem: Problem, at: Standing): Promise<string[]> => {
    const names: string[] = [];
    await step(
      problem,
      at,
      interposed(at.subject.oracle, (ask, { name }) => (names.push(name), ask())),
    );
    return names;
  };

  return [
    checkOnce(promised('plain-options'), [], () => {
      const { options: made = {} } = method;
      ensureSame(JSON.parse(JSON.stringify(made)), made, 'options after JSON');
    }),

    checkAll(
      promised('declared-questions'),
      [],
      started,
      async ({ problem, steps }) => {
        try {
          await on(problem, steps + 1);
        } catch (error) {
          // Other failures are reported by other promises.
          if (isOverparamError(error, 'UNDECLARED_QUESTION')) throw new Finding(error.message);
        }
      },
      options,
    ),

    checkAll(
      promised('state-unchanged'),
      ['declared-questions'],
      started,
      async ({ problem, steps }) => {
        try {
          await on(problem, steps + 1);
        } catch (error) {
          const found = changeOfFrozen(error);
          if (found) throw new Finding(found);
        }
      },
      options,
    ),

    checkAll(
      promised('stays-at-minimum'),
      ['declared-questions', 'state-unchanged'],
      solvableProblems,
      async (solvable) => {
        const { inputs, weights } = solvable;
        const targets = inputs.map((row) => [row.reduce((sum, x, j) => sum + x * weights[0]![j]![0]!, 0)]);
        const problem = { ...solvable, targets };
        let at = await on(problem);
        const w = await parameters(at.subject);
        while (at.step < 3) {
          try {
            at = await step(problem, at);
          } catch (error) {
            const elsewhere = await on(wideProblem(layers), 3).catch(() => null);
            // An exception there is reported by 'completes'.
            if (elsewhere) throw error;
            return;
          }
          ensureSame(await parameters(at.subject), w, 'the parameters after a step at a minimum');
          const { state } = at;
          ensure(finiteThroughout(state), () => `the state after a step at a minimum: ${shown(state)}`);
        }
      },
      options,
    ),

    checkAll(
      promised('completes'),
      ['declared-questions', 'state-unchanged', 'stays-at-minimum'],
      started,
      async ({ problem, steps }) => void (await on(problem, steps + 1)),
      options,
    ),

    checkAll(
      promised('plain-state'),
      basic,
      started,
      async ({ problem, steps }) => {
        const { state } = await on(problem, steps);
        ensurePlain(method, state);
      },
      options,
    ),

    checkAll(
      promised('deterministic'),
      [...basic, 'plain-state'],
      started,
      async ({ problem, steps }) => {
        const first = await trail(problem, steps + 1);
        ensureSame(await trail(problem, steps + 1), first, 'a second run');
      },
      options,
    ),

    checkAll(
      promised('resumes'),
      sound,
      fc.record({ problem: small, other: small, steps: fc.integer({ min: 1, max: 4 }) }),
      async ({ problem, other, steps }) => {
        const uninterrupted = await trail(problem, steps);
        let at = await on(problem);
        let elsewhere = await on(other);
        for (const [k, expected] of uninterrupted.entries()) {
          elsewhere = await step(other, elsewhere);
          at = { ...at, state: throughJson(method, at.state) };
          const next = await step(problem, at);
          ensureSame(next.left, expected, `step ${k + 1}, resumed from JSON`);
          at = next;
        }
      },
      options,
    ),

    checkAll(
      promised('late-answers'),
      sound,
      started,
      async ({ problem, steps }) => {
        const before = await on(problem, steps);
        const { left: expected } = await step(problem, before);
        const atOnce = await on(problem, steps);
        atOnce.subject.batch?.(batchOf(problem, steps));
        try {
          const { state, report } = run(
            method,
            interposed(atOnce.subject.oracle, (ask) => ask()),
            frozen(atOnce.state),
          );
          ensureSame({ state, report, w: await parameters(atOnce.subject) }, expected, 'run instead of runAsync');
        } catch (error) {
          // An oracle that answers with promises has no other way.
          if (!isOverparamError(error, 'ASYNC_ANSWER')) throw error;
        }
        const questions = await asks(problem, await on(problem, steps));
        for (let k = 0; k < questions.length; k++) {
          const at = await on(problem, steps);
          const late = interposed(at.subject.oracle, (ask, _, index) => (index === k ? later(ask) : ask()));
          ensureSame(
            (await step(problem, at, late)).left,
            expected,
            `a step whose question ${k + 1}, '${questions[k]}', is answered late`,
          );
        }
      },
      options,
    ),

    checkAll(
      promised('wants-are-optional'),
      sound,
      started,
      async ({ problem, steps }) => {
        const wants = (method.wants ?? []).filter((question) => !method.needs.includes(question));
        if (wants.length === 0) throw new NotApplicable('it wants no question');
        let at = await on(problem);
        while (at.step <= steps) at = await step(problem, at, without(wants, at.subject.oracle));
      },
      options,
    ),

    checkAll(
      promised('one-move-last'),
      basic,
      started,
      async ({ problem, steps }) => {
        const at = await on(problem, steps);
        let moved: string | undefined;
        const watched = interposed(at.subject.oracle, (ask, { name }) => {
          if (moved) throw new Finding(`it asked '${name}' after '${moved}'`);
          if (name.startsWith('move')) moved = name;
          return ask();
        });
        await step(problem, at, watched);
      },
      options,
    ),

    checkOnce(promised('small-questions'), [...basic, 'one-move-last'], async () => {
      const problem = wideProblem(layers);
      const P = problem.weights.flat(2).length;
      let at = await on(problem);
      const watched = interposed(at.subject.oracle, (ask, { name, args }) => {
        try {
          structuredClone(args);
        } catch (error) {
          throw new Finding(`what it asks of '${name}' cannot be cloned: ${(error as Error).message}`);
        }
        ensure(sizeOf(args) < P, () => `it asks '${name}' with ${sizeOf(args)} numbers, of ${P} parameters`);
        return ask();
      });
      while (at.step < 5) {
        at = await step(problem, at, watched);
        ensure(sizeOf(at.state) < P, () => `its state has ${sizeOf(at.state)} entries, of ${P} parameters`);
      }
    }),

    checkAll(
      promised('unchanged-after-fault'),
      [...sound, 'resumes', 'one-move-last'],
      started,
      async ({ problem, steps }) => {
        const before = await on(problem, steps);
        const w = await parameters(before.subject);
        const { left: undisturbed } = await step(problem, before);
        const questions = await asks(problem, await on(problem, steps));
        for (const [k, name] of questions.entries())
          for (const fault of ['throws', 'throws after the answer', 'aborts'] satisfies Fault[]) {
            // Once moved, it is for the oracle to go back.
            if (fault !== 'throws' && name.startsWith('move')) continue;
            const what = `after a fault (${fault}) at question ${k + 1}, '${name}'`;
            const at = await on(problem, steps);
            at.subject.batch?.(batchOf(problem, steps));
            const abort = new AbortController();
            const faulty = interposed(at.subject.oracle, faultAt(k, fault, abort));
            const state = frozen(structuredClone(at.state));
            let completed = false;
            try {
              await runAsync(method, faulty, state, { signal: abort.signal });
              completed = true;
            } catch (error) {
              const known = isOverparamError(error, 'ABORTED') || (error as Error).message === injected;
              if (!known && !chain(error).some((cause) => cause instanceof Error && cause.message === injected))
                throw error;
            }
            // A method may catch what the oracle throws, and complete its step.
            if (completed) continue;
            ensureSame(await parameters(at.subject), w, `the parameters ${what}`);
            ensureSame((await step(problem, at)).left, undisturbed, `the step again, ${what}`);
          }
      },
      options,
    ),

    checkAll(
      promised('not-finite-stays'),
      [...sound, 'resumes', 'one-move-last'],
      started,
      async ({ problem, steps }) => {
        const questions = await asks(problem, await on(problem, steps));
        for (const [k, name] of questions.entries())
          for (const fault of ['NaN', 'Infinity', '-Infinity'] satisfies Fault[]) {
            if (name.startsWith('move')) continue;
            const at = await on(problem, steps);
            const w = await parameters(at.subject);
            const faulty = interposed(at.subject.oracle, faultAt(k, fault, new AbortController()));
            const what = `after ${fault} from question ${k + 1}, '${name}'`;
            let after: Standing;
            try {
              after = await step(problem, at, faulty);
            } catch (error) {
              if (error instanceof Finding) throw error;
              ensureSame(await parameters(at.subject), w, `the parameters ${what} and an exception`);
              continue;
            }
            const there = await parameters(at.subject);
            if (name === 'linearize') ensureSame(there, w, `the parameters ${what}`);
            ensureFinite(there, `the parameters ${what}`);
            ensurePlain(method, after.state, `the state ${what}`);
            const next = await step(problem, after);
            ensureFinite(next.left.w, `the parameters a step ${what}`);
          }
      },
      options,
    ),

    ...progressChecks(method, claims, makeOracle, options),
  ];
}

function progressChecks(
  method: AnyMethod,
  { descends = 20, monotone = false, converges, linear }: MethodClaims,
  makeOracle: MakeOracle,
  effort: Effort,
): Check[] {
  /** f at the start and after each step, on the full batch. */
  const values = async (problem: Problem, steps: number): Promise<number[]> => {
    const { value } = network(problem);
    const subject = await makeOracle(problem);
    const fs = [value(await subject.read())];
    let state = method.init();
    for (let k = 0; k < steps; k++) {
      const next = await runAsync(
        method,
        interposed(subject.oracle, (ask) => ask()),
        frozen(state),
      );
      state = next.state;
      fs.push(value(await subject.read()));
      if (next.stopped !== undefined) break;
    }
    return fs;
  };
  const about = (
    id: 'descends' | 'monotone' | 'converges' | 'linear',
    steps: number,
    test: (f: number[]) => void,
  ): Check =>
    checkAll(
      promised(id),
      [...sound, 'one-move-last'],
      // Far enough from the minimum that rounding does not count.
      solvableProblems.filter((problem) => network(problem).value(problem.weights[0]!.flat()) > 1e-3),
      async (problem) => test(await values(problem, steps)),
      effort,
    );
  const checks: Check[] = [];
  if (descends !== false)
    checks.push(
      about('descends', descends, (f) =>
        ensure(f.at(-1)! < f[0]!, () => `f is ${f.at(-1)} after ${f.length - 1} steps, and was ${f[0]}`),
      ),
    );
  if (monotone)
    checks.push(
      about('monotone', 30, (f) =>
        f.forEach((fk, k) =>
          ensure(k === 0 || fk <= f[k - 1]! + 1e-14 * f[0]!, () => `step ${k} takes f from ${f[k - 1]} to ${fk}`),
        ),
      ),
    );
  if (converges)
    checks.push(
      about('converges', converges.steps, (f) =>
        ensure(
          f.at(-1)! <= converges.to * f[0]!,
          () =>
            `f is ${f.at(-1)} after ${f.length - 1} steps: ${f.at(-1)! / f[0]!} of ${f[0]}, and not ${converges.to}`,
        ),
      ),
    );
  if (linear) {
    const { steps, factor, until = 1e-12 } = linear;
    checks.push(
      about('linear', 10 * steps, (f) => {
        for (let k = steps; k < f.length; k += steps)
          ensure(
            f[k]! <= Math.max(factor * f[k - steps]!, until * f[0]!),
            () =>
              `steps ${k - steps + 1} to ${k} take f from ${f[k - steps]} to ${f[k]}: by ${f[k]! / f[k - steps]!}, and not ${factor}`,
          );
      }),
    );
  }
  return checks;
}

/** The same oracle, which does not answer some questions. */
const without = (questions: readonly string[], oracle: AnyOracle): AnyOracle =>
  new Proxy(oracle, {
    get: (target, name) =>
      questions.includes(String(name)) ? undefined : (Reflect.get(target, name, target) as unknown),
  });

/** An answer some turns of the event loop later. */
async function later(ask: () => unknown): Promise<unknown> {
  for (let turn = 0; turn < 3; turn++) await undefined;
  const answer = await ask();
  for (let turn = 0; turn < 3; turn++) await undefined;
  return answer;
}

const ensureFinite = (w: readonly number[], what: string): void =>
  ensure(w.every(Number.isFinite), () => `${what}: ${shown(w)}`);

function finiteThroughout(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(finiteThroughout);
}

/** An error and its causes. */
function chain(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let at = error; at !== undefined && !causes.includes(at); at = (at as Error | null)?.cause) causes.push(at);
  return causes;
}
