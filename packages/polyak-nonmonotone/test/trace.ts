import { observing, run, type Method } from '@overparam/core';
import type { StepReport } from '@overparam/polyak-nonmonotone';
import { LeastSquaresOracle, type DirectionRule, type LeastSquares } from './least-squares.ts';

/** One step, as seen from outside. */
export interface Traced<State> {
  readonly batch: readonly number[];
  readonly before: State;
  readonly after: State;
  readonly report: StepReport;
  /** The steps that were tried. */
  readonly trials: readonly number[];
  readonly squaredGradientNorm: number;
  readonly wBefore: readonly number[];
  readonly w: readonly number[];
  /** f after the step, on its batch. */
  readonly valueAfter: number;
}

/** Runs a method over the batches, and watches. */
export function trace<State, Needs extends object>(
  method: Method<State, StepReport, Needs>,
  problem: LeastSquares & { readonly batches: readonly (readonly number[])[] },
  rule?: DirectionRule,
): Traced<State>[] {
  const oracle = new LeastSquaresOracle(problem, rule);
  let state = method.init();
  return problem.batches.map((batch) => {
    const trials: number[] = [];
    const watched = observing(oracle, {
      asked: ({ name, args }) => void (name.startsWith('probe') && trials.push(args.at(-1) as number)),
    });
    oracle.batch = batch;
    const [before, wBefore] = [state, oracle.w];
    const g = oracle.gradient();
    const step = run(method, watched as unknown as Needs, state);
    state = step.state;
    return {
      batch,
      before,
      after: state,
      report: step.report,
      trials,
      squaredGradientNorm: g.reduce((sum, v) => sum + v * v, 0),
      wBefore,
      w: oracle.w,
      valueAfter: oracle.value(),
    };
  });
}
