import fc from 'fast-check';
import { isOverparamError, runAsync, type Answer, type MeasureOracle, type Method } from '@overparam/core';
import { checkAll, NotApplicable, type Check, type Effort } from './check.ts';
import { exactMeasureOracle, potential, type FlowMeasure, type MeasureProblem } from './exact-measure-oracle.ts';
import { faultAt, injected, type Fault } from './faults.ts';
import { interposed } from './interposed.ts';
import { changeOfFrozen, frozen } from './frozen.ts';
import { ensurePlain, throughJson } from './plain-state.ts';
import { ensureClose } from './precision.ts';
import { ensure, Finding, shown } from './promise-broken.ts';
import { promiseOf } from './promise.ts';
import { flowPromises } from './promises-of-flows.ts';
import { register, type RunnerOptions } from './runner.ts';
import { ensureSame } from './same.ts';

/** A method whose state is a measure, of the shape that it has in @overparam/wasserstein-flow. */
export interface MeasureFlow<State, Report> extends Method<State, Report, MeasureOracle> {
  measure(state: State): FlowMeasure;
}

export interface FlowOptions extends RunnerOptions, Effort {
  /** The flow's name in the title of its tests. */
  readonly name?: string;
  /** d of the domain; the circle and its products are [0, 2 pi) in each axis. 1 when absent. */
  readonly dimension?: number;
  /** G(mu), the regulariser of the flow: the energy is R + G. 0 when absent. */
  readonly regularizer?: (measure: FlowMeasure) => number;
  /** False for a flow whose energy may grow, with momentum for instance. */
  readonly descends?: boolean;
  /** Wraps the suite's oracle, for instance in a connection through a port. */
  readonly wrap?: (oracle: MeasureOracle) => Answer<MeasureOracle>;
}

/** How it begins. */
interface Beginning {
  readonly start: FlowMeasure;
  readonly problem: MeasureProblem;
}

/**
 * Tests that a particle flow keeps what it promises: one call in a test file, one test per promise.
 *
 * ```typescript
 * const regularizer = ({ weights }) => 0.1 * sum(weights);
 * testFlow((start) => myFlow({ start, step: 0.01 }), { runner: { describe, it }, regularizer });
 * ```
 *
 * @param makeFlow a flow that starts from a measure of the suite
 * @throws OverparamError `BAD_OPTION`; its tests throw {@link PromiseBroken}
 */
export function testFlow<State, Report>(
  makeFlow: (start: FlowMeasure) => MeasureFlow<State, Report>,
  options: FlowOptions = {},
): void {
  register(`the flow${options.name ? ` '${options.name}'` : ''}`, flowChecks(makeFlow, options), options);
}

/** Between one and three particles of either sign, none of them very light, and what they are to look like. */
const beginnings = (dimension: number): fc.Arbitrary<Beginning> => {
  const position = fc.array(fc.integer({ min: 1, max: 48 }).map((k) => k / 8), { minLength: dimension, maxLength: dimension }); // prettier-ignore
  const weight = fc.integer({ min: 2, max: 8 }).chain((k) => fc.constantFrom(k / 8, -k / 8));
  return fc
    .record({
      particles: fc.array(fc.tuple(position, weight), { minLength: 1, maxLength: 3 }),
      target: fc.array(fc.integer({ min: -8, max: 8 }).map((k) => k / 8), { minLength: 4 * dimension, maxLength: 4 * dimension }), // prettier-ignore
    })
    .map(({ particles, target }) => ({
      start: { positions: particles.map(([x]) => x), weights: particles.map(([, a]) => a) },
      problem: { target },
    }));
};

export function flowChecks<State, Report>(
  makeFlow: (start: FlowMeasure) => MeasureFlow<State, Report>,
  options: FlowOptions = {},
): Check[] {
  const { dimension = 1, regularizer = () => 0, descends = true, wrap = (oracle) => oracle } = options;
  const makeOracle = async (problem: MeasureProblem): Promise<MeasureOracle> => wrap(exactMeasureOracle(problem));
  const promised = promiseOf(flowPromises);
  const energyOf = (problem: MeasureProblem, mu: FlowMeasure): number => potential(problem, mu) + regularizer(mu);
  const basic = ['declared-questions', 'state-unchanged', 'completes'];
  const steps = 3;

  const follow = async (
    { start, problem }: Beginning,
    count = steps,
    pass: (state: State, flow: MeasureFlow<State, Report>) => State | Promise<State> = (state) => state,
  ): Promise<{ flow: MeasureFlow<State, Report>; states: State[]; reports: Report[] }> => {
    const flow = makeFlow(start);
    const oracle = await makeOracle(problem);
    const [states, reports]: [State[], Report[]] = [[flow.init()], []];
    for (let k = 0; k < count; k++) {
      const given = frozen(await pass(states[k]!, flow));
      const { state, report } = await runAsync(
        flow,
        interposed(oracle, (ask) => ask()),
        given,
      );
      states.push(state);
      reports.push(report);
    }
    return { flow, states, reports };
  };
  const measures = async (beginning: Beginning): Promise<FlowMeasure[]> => {
    const { flow, states } = await follow(beginning);
    return states.map((state) => flow.measure(state));
  };
  const about = (id: string, presumes: readonly string[], test: (beginning: Beginning) => Promise<void>): Check =>
    checkAll(promised(id), presumes, beginnings(dimension), test, options);
  /** Other failures are reported by other promises. */
  const only = (id: string, presumes: readonly string[], is: (error: unknown) => string | undefined): Check =>
    about(id, presumes, async (beginning) => {
      try {
        await follow(beginning);
      } catch (error) {
        const found = is(error);
        if (found) throw new Finding(found);
      }
    });
  /** Spoils or breaks each question of the third step in turn. */
  const withFaults = async (
    beginning: Beginning,
    faults: readonly Fault[],
    test: (what: string, again: () => Promise<State>, outcome: { state?: State; error?: unknown }) => Promise<void>,
  ): Promise<void> => {
    let questions = Infinity;
    for (let k = 0; k < questions; k++)
      for (const fault of faults) {
        const { flow, states } = await follow(beginning, steps - 1);
        const oracle = await makeOracle(beginning.problem);
        const state = frozen(states.at(-1)!);
        const abort = new AbortController();
        let asked = 0;
        const between = faultAt(k, fault, abort);
        const faulty = interposed(oracle, (ask, question, index) => (asked++, between(ask, question, index)));
        let outcome: { state?: State; error?: unknown };
        try {
          outcome = { state: (await runAsync(flow, faulty, state, { signal: abort.signal })).state };
        } catch (error) {
          outcome = { error };
        }
        if (asked <= k) questions = k;
        else
          await test(`${fault} at question ${k + 1}`, async () => (await runAsync(flow, oracle, state)).state, outcome);
      }
  };

  return [
    only('declared-questions', [], (error) =>
      isOverparamError(error, 'UNDECLARED_QUESTION') ? error.message : undefined,
    ),
    only('state-unchanged', ['declared-questions'], changeOfFrozen),
    about('completes', ['declared-questions', 'state-unchanged'], async (beginning) => void (await follow(beginning))),
    about('plain-state', basic, async (beginning) => {
      const { flow, states } = await follow(beginning);
      for (const state of states) ensurePlain(flow, state);
    }),
    about('starts-there', basic, async ({ start }) => {
      const flow = makeFlow(start);
      const { positions, weights } = flow.measure(flow.init());
      ensureClose(positions.flat(), start.positions.flat(), 1e-12, 'the positions of the first state', 1);
      ensureClose(weights, start.weights, 1e-12, 'the weights of the first state', 1);
    }),
    about('deterministic', basic, async (beginning) => {
      const [first, again] = [await follow(beginning), await follow(beginning)];
      ensureSame([again.states, again.reports], [first.states, first.reports], 'a second time');
    }),
    checkAll(
      promised('resumes'),
      [...basic, 'plain-state', 'deterministic'],
      fc.tuple(beginnings(dimension), beginnings(dimension)),
      async ([beginning, other]) => {
        const { states } = await follow(beginning);
        const elsewhere = await makeOracle(other.problem);
        const resumed = await follow(beginning, steps, async (state, flow) => {
          // The same flow runs elsewhere between any two steps.
          await runAsync(flow, elsewhere, frozen(flow.init()));
          return throughJson(flow, state);
        });
        ensureSame(resumed.states, states, 'the states, each step resumed from JSON');
      },
      options,
    ),
    about('unchanged-after-fault', [...basic, 'resumes'], async (beginning) => {
      const { states } = await follow(beginning);
      await withFaults(beginning, ['throws', 'throws after the answer', 'aborts'], async (what, again, { error }) => {
        if (error && !isOverparamError(error, 'ABORTED') && (error as Error).message !== injected) throw error;
        ensureSame(await again(), states.at(-1), `the step again after: ${what}`);
      });
    }),
    about('not-finite-stays', [...basic, 'resumes'], async (beginning) => {
      const { flow } = await follow(beginning, 0);
      await withFaults(beginning, ['NaN', 'Infinity'], async (what, _, { state }) => {
        if (state === undefined) return;
        const { positions, weights } = flow.measure(state);
        ensure([...positions.flat(), ...weights].every(Number.isFinite), () => `the measure after ${what}: ${shown({ positions, weights })}`); // prettier-ignore
      });
    }),
    about('energy', basic, async (beginning) => {
      const { flow, states, reports } = await follow(beginning);
      reports.forEach((report, k) => {
        const { energy } = report as { energy?: unknown };
        if (typeof energy !== 'number') throw new NotApplicable("its reports have no 'energy'");
        ensureClose(energy, energyOf(beginning.problem, flow.measure(states[k]!)), 1e-10, `the energy reported by step ${k + 1}`, 1); // prettier-ignore
      });
    }),
    about('descends', basic, async (beginning) => {
      if (!descends) throw new NotApplicable('its energy may grow');
      const energies = (await measures(beginning)).map((mu) => energyOf(beginning.problem, mu));
      energies.forEach(
        (now, k) =>
        ensure(k === 0 || now <= energies[k - 1]! + 1e-12 * (1 + energies[0]!), () => `step ${k} takes the energy from ${energies[k - 1]} to ${now}`), // prettier-ignore
      );
    }),
    about('permutes', basic, async ({ start, problem }) => {
      const reversed = ({ positions, weights }: FlowMeasure): FlowMeasure => ({
        positions: positions.toReversed(),
        weights: weights.toReversed(),
      });
      const [there, back] = [await measures({ start, problem }), await measures({ start: reversed(start), problem })];
      there.forEach((mu, k) =>
        ensureCloseMeasure(reversed(back[k]!), mu, `of the particles in reverse, after step ${k}`),
      );
    }),
    about('duplicates', [...basic, 'permutes'], async ({ start, problem }) => {
      const doubled = ({ positions, weights }: FlowMeasure): FlowMeasure => ({
        positions: [...positions, ...positions],
        weights: [...weights, ...weights].map((a) => a / 2),
      });
      const [single, double] = [await measures({ start, problem }), await measures({ start: doubled(start), problem })];
      single.forEach((mu, k) => ensureCloseMeasure(double[k]!, doubled(mu), `of the particles, each of them twice, after step ${k}`)); // prettier-ignore
    }),
  ];
}

function ensureCloseMeasure(actual: FlowMeasure, expected: FlowMeasure, what: string): void {
  ensureClose(actual.positions.flat(), expected.positions.flat(), 1e-8, `the positions ${what}`, 1);
  ensureClose(actual.weights, expected.weights, 1e-8, `the weights ${what}`, 1);
}
