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
import { type InitialStep } from './initial-step.ts';
import { report, stayed, type StepReport } from './report.ts';

/** What a line-search method is made of. */
export interface Parts<Start, Ref, At extends Linearization = Linearization, Needs extends Oracle = Oracle> {
  readonly name: string;
  readonly needs?: readonly (keyof Needs & string)[];
  /** Where a search starts. */
  readonly initial: InitialStep<Start>;
  /** What its trials are compared with. */
  readonly reference: Reference<Ref, At>;
  readonly search: Search<number>;
  readonly guards: Guards;
  /** True where there is nothing to do. */
  readonly stationary: (at: Linearization) => boolean;
  /** False for a batch that takes the initial step as it is. */
  readonly searches?: (state: Start) => boolean;
  /** The step after a failed search; 1e-6 if absent. */
  readonly afterFailure?: (found: Found<number>) => number;
  /** What the reference has to know; the linearization alone if absent. */
  readonly observe?: (oracle: Asking<Needs>, at: Linearization) => Inquiry<At>;
}

/** Armijo backtracking by halves or whatever `delta` is. */
export const armijoSearch = ({ c, delta, guards }: { c: number; delta: number; guards: Guards }): Search<number> =>
  backtracking({ accept: guards.finite ? finite(armijo({ c })) : armijo({ c }), delta });

/**
 * The common step of PoNoS, SLS and their variants (arXiv 2306.12747, Algorithm 1; arXiv 1905.09997, Algorithm 1):
 * choose where to start and what to compare with, search, move, learn.
 */
export function lineSearchMethod<Start, Ref, At extends Linearization = Linearization, Needs extends Oracle = Oracle>({
  name,
  needs = ['linearize', 'probe', 'move'],
  initial,
  reference,
  search,
  guards,
  stationary,
  searches = () => true,
  afterFailure = () => failedStep,
  observe,
}: Parts<Start, Ref, At, Needs>): Method<Start & Ref, StepReport, Needs> {
  return {
    name,
    needs,
    init: () => ({ ...initial.init(), ...reference.init() }),
    *step(state, asked) {
      const oracle = asked as unknown as Asking<Oracle>;
      const at = yield* oracle.linearize();
      if (guards.finite && !isFinite(at)) return { state, report: stayed(at, 'not-finite') };
      if (guards.descent && !stationary(at) && !(at.slope < 0)) return { state, report: stayed(at, 'no-descent') };

      const initialStep = initial.start(state, at);
      const seen = observe ? yield* observe(asked, at) : (at as At);
      const [R, next] = reference.next(state, seen);

      if (!searches(state)) {
        yield* oracle.move(initialStep);
        const outcome = {
          at,
          initial: initialStep,
          step: initialStep,
          backtracks: 0,
          trial: at.value - 1,
          next: initialStep,
          failed: false,
        };
        return {
          state: { ...initial.learn(state, outcome), ...next },
          report: report(at, { initialStep, step: initialStep }),
        };
      }
      if (stationary(at)) {
        const outcome = {
          at,
          initial: initialStep,
          step: 0,
          backtracks: 0,
          trial: at.value,
          next: initialStep,
          failed: false,
        };
        return {
          state: { ...initial.learn(state, outcome), ...next },
          report: stayed(at, 'stationary', { initialStep, reference: R }),
        };
      }

      const line = { initial: initialStep, value: at.value, slope: at.slope, reference: R };
      const found = yield* search(oracle.probe, line);
      const { backtracks } = found;
      let { step, trial: valueAfter, forwards } = found;
      const failed = !found.accepted;
      if (failed) {
        step = afterFailure(found);
        if (guards.finite) {
          valueAfter = yield* oracle.probe(step);
          forwards++;
          if (!Number.isFinite(valueAfter))
            return {
              state,
              report: stayed(at, 'search-failed-not-finite', { initialStep, backtracks, forwards, reference: R }),
            };
        }
      }
      yield* oracle.move(step);
      const outcome = { at, initial: initialStep, step, backtracks, trial: found.trial, next: found.next, failed };
      return {
        state: { ...initial.learn(state, outcome), ...next },
        report: report(at, {
          initialStep,
          step,
          backtracks,
          forwards,
          reference: R,
          valueAfter: failed && !guards.finite ? null : valueAfter,
          failed,
          why: failed ? 'search-failed' : null,
        }),
      };
    },
  };
}
