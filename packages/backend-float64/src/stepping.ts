import {
  finiteStep,
  notLinearized,
  OverparamError,
  type AcceleratedOracle,
  type Housekeeping,
  type Linearization,
  type Sizes,
  type TrialGradientOracle,
} from '@overparam/core';
import { checkParameters } from './check.ts';
import { chosen, type Modules, type Range } from './modules.ts';
import type { Synchronous } from './synchronous.ts';
import { dot, norm, plus } from './vector.ts';

/** What is known of f at one point; computed when it is first asked for. */
export interface Point {
  readonly value: number;
  /** The gradient of f, P long, zero outside the ranges. */
  gradient(ranges: readonly Range[]): Float64Array;
}

export interface Problem<At extends Point> {
  readonly name: string;
  readonly modules: Modules;
  at(w: Float64Array): At;
  /** Takes the batch of the next step, where steps have batches. */
  takeBatch?: (() => void) | undefined;
}

/** The current point and the points before, as plain data: a checkpoint of the oracle. */
export interface OracleState {
  readonly parameters: readonly number[];
  readonly previous: readonly number[];
  readonly lookahead: readonly number[];
}

/** An oracle that holds its parameters in a Float64Array and answers at once. */
export interface Float64Oracle extends Synchronous<TrialGradientOracle & AcceleratedOracle>, Housekeeping {
  /** A copy of w. */
  parameters(): Float64Array;
  /** w <- these numbers, which are copied; the oracle forgets the points before, and a step that was not done. */
  setParameters(w: ArrayLike<number>): void;
  save(): OracleState;
  restore(saved: OracleState): void;
  abandon(): void;
  finish(): void;
}

export interface Stepping<At extends Point> {
  readonly questions: Float64Oracle;
  /** The point of the step. */
  at(): At;
  /** w_k - w_{k-1} */
  displacement(): Float64Array;
  /** d <- this vector, P long and zero outside the ranges. */
  direct(d: Float64Array, ranges: readonly Range[]): Linearization;
  /** |w|, |d| and max |g_i|. */
  sizes(): Sizes;
  /** The point at w + step d. */
  trial(question: string, step: number): At;
}

/** What outlives a step. Arrays are replaced, never written. */
interface Memory {
  readonly w: Float64Array;
  readonly previous: Float64Array;
  readonly lookahead: Float64Array;
}

interface Direction {
  readonly g: Float64Array;
  readonly d: Float64Array;
  readonly ranges: readonly Range[];
}

interface Trial<At> {
  readonly step: number;
  readonly w: Float64Array;
  readonly at: At;
}

/** The questions that need no more than f and its gradient at points. */
export function stepping<At extends Point>(
  { name, modules, at, takeBatch }: Problem<At>,
  start: Float64Array,
): Stepping<At> {
  let memory: Memory = { w: start, previous: start, lookahead: start };
  let undo: Memory | undefined;
  let here: At | undefined;
  let direction: Direction | undefined;
  let trial: Trial<At> | undefined;
  let trialGradient: Float64Array | undefined;
  /** Whether the last step is done: one that was abandoned is made again on its batch. */
  let done = true;

  const forget = (): void => {
    here = direction = trial = trialGradient = undefined;
  };
  const current = (): At => {
    if (here) return here;
    if (done) takeBatch?.();
    done = false;
    return (here = at(memory.w));
  };
  const linearization = ({ g, d }: Direction): Linearization => ({
    value: current().value,
    slope: dot(g, d),
    squaredGradientNorm: dot(g, g),
  });
  const direct = (d: Float64Array, ranges: readonly Range[]): Linearization => {
    direction = { g: current().gradient(ranges), d, ranges };
    trial = trialGradient = undefined;
    return linearization(direction);
  };
  const directed = (question: string): Direction => {
    if (direction) return direction;
    throw notLinearized(question);
  };
  const along = (question: string, step: number): Trial<At> => {
    finiteStep(question, step);
    const { d } = directed(question);
    if (trial?.step === step) return trial;
    const w = plus(memory.w, step, d);
    trialGradient = undefined;
    return (trial = { step, w, at: at(w) });
  };
  const commit = (w: Float64Array, lookahead: Float64Array = w, there?: At): void => {
    undo = memory;
    memory = { w, previous: memory.w, lookahead };
    forget();
    // Without batches an accepted trial is the next point.
    if (!takeBatch) here = there;
  };
  const begin = (next: Memory): void => {
    forget();
    undo = undefined;
    memory = next;
  };

  const questions: Float64Oracle = {
    name,
    linearize(request) {
      const ranges = chosen(modules, request);
      const g = current().gradient(ranges);
      return direct(
        g.map((x) => -x),
        ranges,
      );
    },
    probe: (step) => along('probe', step).at.value,
    move(step) {
      const there = along('move', step);
      commit(there.w, there.w, there.at);
    },

    probeGradient(step) {
      const there = along('probeGradient', step).at;
      const { g, d, ranges } = direction!;
      const g1 = (trialGradient = there.gradient(ranges));
      const change = plus(g1, -1, g);
      return {
        value: there.value,
        slope: dot(g1, d),
        squaredGradientNorm: dot(g1, g1),
        squaredGradientChange: dot(change, change),
      };
    },
    moveExtragradient(step) {
      if (!trialGradient)
        throw new OverparamError('NOT_LINEARIZED', "'moveExtragradient' was asked before 'probeGradient'.");
      commit(plus(memory.w, -finiteStep('moveExtragradient', step), trialGradient));
    },
    moveHeavyBall(step, momentum) {
      const { w } = along('moveHeavyBall', step);
      commit(plus(w, momentum, plus(memory.w, -1, memory.previous)));
    },
    moveNesterov(step, tau) {
      const { w: y } = along('moveNesterov', step);
      commit(plus(y, tau, plus(memory.lookahead, -1, y)), y);
    },

    parameters: () => memory.w.slice(),
    setParameters(numbers) {
      const w = checkParameters(numbers, start.length);
      begin({ w, previous: w, lookahead: w });
    },
    save: () => ({
      parameters: [...memory.w],
      previous: [...memory.previous],
      lookahead: [...memory.lookahead],
    }),
    restore({ parameters, previous, lookahead }) {
      const taken = (numbers: readonly number[]): Float64Array => checkParameters(numbers, start.length);
      begin({ w: taken(parameters), previous: taken(previous), lookahead: taken(lookahead) });
    },
    abandon: () => begin(undo ?? memory),
    finish() {
      undo = direction = trial = trialGradient = undefined;
      if (takeBatch) here = undefined;
      done = true;
    },
  };
  return {
    questions,
    at: current,
    displacement: () => plus(memory.w, -1, memory.previous),
    direct,
    sizes() {
      const { g, d } = directed('sizes');
      const largestGradient = g.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      return { parameters: norm(memory.w), direction: norm(d), largestGradient };
    },
    trial: (question, step) => along(question, step).at,
  };
}
