import { type Asking, type Inquiry, type Linearization, type Method, type Oracle } from '@overparam/core';
import {
  armijo,
  backtracking,
  failedStep,
  finite,
  type Found,
  type Reference,
  type Search,
} from '@overparam/line-search';
import { isFinite, type Guards } from './guards.ts';
import { type InitialStep, type Outcome } from './initial-step.ts';
import { report, stayed, type StepReport } from './report.ts';

/** What a line-search method is made of. */
export interface Parts<Start, Ref, At extends Linearization = Linearization, Needs extends Oracle = Oracle> {
  readonly name: string;
  /** What the method was made with, as plain data. */
  readonly options?: object;
  readonly needs?: readonly (keyof Needs & string)[];
  /** Where a search starts. */
  readonly initial: InitialStep<Start>;
  /** What its trials are compared with. */
  readonly reference: Reference<Ref, At>;
  /** What the reference has to know; the linearization alone if absent. */
  readonly observe?: (oracle: Asking<Needs>, at: Linearization) => Inquiry<At>;
  readonly search: Search<number>;
  readonly guards: Guards;
  /** True where there is nothing to do. */
  readonly stationary: (at: Linearization) => boolean;
  /** False for a batch that takes the initial step as it is; with the guard `finite`, if that leads to a finite value. */
  readonly searches?: (state: Start) => boolean;
  /** The step after a failed search; 1e-6 if absent. */
  readonly afterFailure?: (found: Found<number>) => number;
}

/** Armijo's backtracking; with the guard `finite`, among finite trials alone. */
export const armijoSearch = ({ c, delta, guards }: { c: number; delta: number; guards: Guards }): Search<number> =>
  backtracking({ accept: guards.finite ? finite(armijo({ c })) : armijo({ c }), delta });

/**
 * The step that PoNoS, SLS and their variants share: choose where to start and what to compare with, search, move,
 * learn. Its state is that of its two rules, side by side. PoNoS, arXiv 2306.12747, Algorithm 1; SLS, arXiv 1905.09997,
 * Algorithm 1.
 */
export function lineSearchMethod<Start, Ref, At extends Linearization = Linearization, Needs extends Oracle = Oracle>({
  name,
  options = {},
  needs = ['linearize', 'probe', 'move'],
  initial,
  reference,
  observe,
  search,
  guards,
  stationary,
  searches = () => true,
  afterFailure = () => failedStep,
}: Parts<Start, Ref, At, Needs>): Method<Start & Ref, StepReport, Needs> {
  return {
    name,
    options,
    needs,
    init: () => ({ ...initial.init(), ...reference.init() }),
    *step(state, asked) {
      const oracle = asked as unknown as Asking<Oracle>;
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      if (guards.descent && !stationary(at) && !(at.slope < 0)) return { state, report: stayed(at, 'no-descent') };

      const initialStep = initial.start(state, at);
      const [R, nextReference] = reference.next(state, observe ? yield* observe(asked, at) : (at as At));
      if (guards.finite && !Number.isFinite(R)) return { state, report: stayed(at, 'not-finite') };
      const planned = { at, initial: initialStep, step: initialStep, next: initialStep, backtracks: 0, failed: false };
      const after = (what: Partial<Outcome>): Start & Ref => ({
        ...initial.learn(state, { ...planned, trial: at.value, ...what }),
        ...nextReference,
      });

      if (!searches(state)) {
        const valueAfter = guards.finite ? yield* oracle.probe(initialStep) : null;
        if (valueAfter === null || Number.isFinite(valueAfter)) {
          yield* oracle.move(initialStep);
          const forwards = valueAfter === null ? 0 : 1;
          return { state: after({}), report: report(at, { initialStep, step: initialStep, forwards, valueAfter }) };
        }
        // The step of another batch leads out of this one's domain: search after all.
      }
      if (stationary(at))
        return { state: after({ step: 0 }), report: stayed(at, 'stationary', { initialStep, reference: R }) };

      const line = { initial: initialStep, value: at.value, slope: at.slope, reference: R };
      const found = yield* search(oracle.probe, line);
      const { backtracks, trial, next } = found;
      const tried = { initialStep, backtracks, reference: R };
      if (found.accepted) {
        const { step, forwards } = found;
        yield* oracle.move(step);
        return {
          state: after({ step, backtracks, trial, next }),
          report: report(at, { ...tried, step, forwards, valueAfter: trial }),
        };
      }

      const step = afterFailure(found);
      const valueAfter = guards.finite ? yield* oracle.probe(step) : null;
      const forwards = found.forwards + (guards.finite ? 1 : 0);
      if (valueAfter !== null && !Number.isFinite(valueAfter))
        return { state, report: stayed(at, 'search-failed-not-finite', { ...tried, forwards }) };
      yield* oracle.move(step);
      return {
        state: after({ step, backtracks, trial, next, failed: true }),
        report: report(at, { ...tried, step, forwards, valueAfter, failed: true, why: 'search-failed' }),
      };
    },
  };
}
