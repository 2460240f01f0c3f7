import { OverparamError, badOption, isOverparamError } from './error.ts';
import type { Method } from './method.ts';
import { checkNeeds } from './needs.ts';
import { required, withDefaults } from './options.ts';
import type { Answer, Housekeeping } from './oracle.ts';
import { runAsync } from './run.ts';
import type { Signal } from './signal.ts';

export interface Progress<State, Report> {
  /** How many steps this call has completed, this one included: 1, 2, ... */
  readonly step: number;
  readonly state: State;
  readonly report: Report;
}

export interface MinimizeOptions<State, Report> {
  /** How many steps at most; Infinity with a `signal` or an `onStep` that stops. */
  readonly steps: number;
  /** The state to continue from; `method.init()` when absent. */
  readonly state?: State | undefined;
  /** Stops within a step, which is then undone. */
  readonly signal?: Signal | undefined;
  /** Called after each step, and awaited; return false to stop. */
  readonly onStep?: ((progress: Progress<State, Report>) => Answer<unknown>) | undefined;
}

export interface Minimization<State, Report> {
  /** The state after the last completed step. */
  readonly state: State;
  /** The report of the last completed step; undefined when there was none. */
  readonly report: Report | undefined;
  /** How many steps were completed. */
  readonly steps: number;
  /** 'method': the last step reported that the method is done or cannot continue; its `stopped` is the reason. */
  readonly stopped: 'steps' | 'signal' | 'onStep' | 'method';
  /** The method's own reason, where it gave one. */
  readonly reason?: string;
}

/** A step failed: continue from `state` and `steps`; `cause` is what was thrown. */
export class StepFailed<State> extends OverparamError<'STEP_FAILED'> {
  readonly state: State;
  readonly steps: number;
  constructor(method: string, state: State, steps: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super('STEP_FAILED', `Step ${steps + 1} of '${method}' failed and was undone: ${reason}`, { cause });
    this.state = state;
    this.steps = steps;
  }
}

/**
 * Runs a method for a number of steps against any oracle, synchronous or not.
 *
 * @throws StepFailed with the last good state when the oracle throws; parameters are as before the failed step
 * @throws OverparamError `MISSING_QUESTION`, `BAD_OPTION`, `UNKNOWN_OPTION` before the first step
 */
export async function minimize<S, R, O extends object>(
  method: Method<S, R, O>,
  oracle: O & Housekeeping,
  options: MinimizeOptions<S, R>,
): Promise<Minimization<S, R>> {
  const {
    steps,
    state: start,
    signal,
    onStep,
  } = withDefaults<MinimizeOptions<S, R>>(
    'minimize',
    { steps: required, state: undefined, signal: undefined, onStep: undefined },
    options,
  );
  if (!(steps >= 0) || (steps !== Infinity && !Number.isInteger(steps)))
    throw badOption('steps', steps, 'a whole number >= 0, or Infinity');
  checkNeeds(method, oracle);
  let state = start ?? method.init();
  let report: R | undefined;
  for (let step = 0; step < steps; step++) {
    if (signal?.aborted) return { state, report, steps: step, stopped: 'signal' };
    let reason: string | undefined;
    try {
      ({ state, report, stopped: reason } = await runAsync(method, oracle, state, { signal }));
    } catch (error) {
      if (isOverparamError(error, 'ABORTED')) return { state, report, steps: step, stopped: 'signal' };
      throw new StepFailed(method.name, state, step, error);
    }
    const proceed = await onStep?.({ step: step + 1, state, report });
    if (reason !== undefined) return { state, report, steps: step + 1, stopped: 'method', reason };
    if (proceed === false) return { state, report, steps: step + 1, stopped: 'onStep' };
  }
  return { state, report, steps, stopped: 'steps' };
}
