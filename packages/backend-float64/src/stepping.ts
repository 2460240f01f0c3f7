import {
  finiteStep,
  notLinearized,
  OverparamError,
  type AcceleratedOracle,
  type DirectionName,
  type DirectionalOracle,
  type Housekeeping,
  type Linearization,
  type Sizes,
  type TrialGradientOracle,
} from '@overparam/core';
import { checkParameters } from './check.ts';
import { moments, type Made, type Moments, type SavedMoments } from './directions/moments.ts';
import type { DirectionRule } from './directions/rule.ts';
import { chosen, type Modules, type Range } from './modules.ts';
import type { Synchronous } from './synchronous.ts';
import { dot, norm, plus } from './vector.ts';

/** f at one point, computed when it is first needed. */
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
  /** Whether f depends on w alone. An accepted trial is then the next step's point, and is not evaluated again. */
  deterministic: boolean;
  readonly rule: DirectionRule;
}

/** The current point and the points before, as plain data: a checkpoint of the oracle. */
export interface OracleState {
  readonly parameters: readonly number[];
  readonly previous: readonly number[];
  readonly lookahead: readonly number[];
  /** Of a direction rule that remembers something. */
  readonly moments?: SavedMoments;
}

/** An oracle that holds its parameters in a Float64Array and answers at once. */
export interface Float64Oracle
  extends Synchronous<DirectionalOracle & TrialGradientOracle & AcceleratedOracle>, Housekeeping {
  /** A copy of w. */
  parameters(): Float64Array;
  /**
   * w <- these numbers, which are copied. The oracle forgets the previous points and a step that was not finished; the
   * moments of its direction rule stay.
   */
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
  readonly moments: Moments;
}

interface Direction {
  readonly g: Float64Array;
  readonly d: Float64Array;
  readonly ranges: readonly Range[];
  /** What the direction rule made of g; absent where d came from elsewhere. */
  readonly made?: Made;
}

interface Trial<At> {
  /** Which direction it goes along. */
  readonly along: DirectionName | 'd';
  readonly step: number;
  readonly w: Float64Array;
  readonly at: At;
}

/** The questions that need no more than f and its gradient at points. */
export function stepping<At extends Point>(
  { name, modules, at, takeBatch, deterministic, rule }: Problem<At>,
  start: Float64Array,
): Stepping<At> {
  let memory: Memory = { w: start, previous: start, lookahead: start, moments: moments(rule, start.length) };
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
  const point = (next: Direction): Linearization => {
    direction = next;
    trial = trialGradient = undefined;
    return linearization(direction);
  };
  const direct = (d: Float64Array, ranges: readonly Range[]): Linearization =>
    point({ g: current().gradient(ranges), d, ranges });
  const directed = (question: string): Direction => {
    if (direction) return direction;
    throw notLinearized(question);
  };
  const vector = (question: string, along: DirectionName | 'd'): Float64Array => {
    const { g, d, made } = directed(question);
    if (along === 'd') return d;
    if (along === 'gradient') return negative(g);
    if (made) return negative(made[along]);
    throw notLinearized(question);
  };
  const trialAlong = (question: string, along: DirectionName | 'd', step: number): Trial<At> => {
    finiteStep(question, step);
    const v = vector(question, along);
    if (trial?.step === step && trial.along === along) return trial;
    const w = plus(memory.w, step, v);
    trialGradient = undefined;
    return (trial = { along, step, w, at: at(w) });
  };
  const along = (question: string, step: number): Trial<At> => trialAlong(question, 'd', step);
  const extragradient = (question: string, step: number): Float64Array => {
    if (trialGradient) return plus(memory.w, -finiteStep(question, step), trialGradient);
    throw new OverparamError('NOT_LINEARIZED', `'${question}' was asked before 'probeGradient'.`);
  };
  const heavyBall = (question: string, step: number, momentum: number): Float64Array =>
    plus(along(question, step).w, finiteStep(question, momentum), plus(memory.w, -1, memory.previous));
  const nesterov = (question: string, step: number, tau: number): Float64Array => {
    const { w: y } = along(question, step);
    return plus(y, finiteStep(question, tau), plus(memory.lookahead, -1, y));
  };
  const commit = (w: Float64Array, lookahead: Float64Array = w, there?: At): void => {
    undo = memory;
    memory = { w, previous: memory.w, lookahead, moments: direction?.made?.moments ?? memory.moments };
    forget();
    if (deterministic) here = there;
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
      const made = memory.moments.next(g, memory.w, ranges);
      const first = point({ g, d: negative(made.momentum), ranges, made });
      if (request?.descend === false || first.slope < 0 || first.squaredGradientNorm === 0) return first;
      const d = [made.fresh, g].map(negative).find((v) => dot(g, v) < 0);
      return d ? { ...point({ g, d, ranges, made }), fellBack: true } : first;
    },
    probe: (step) => along('probe', step).at.value,
    move(step) {
      const there = along('move', step);
      commit(there.w, there.w, there.at);
    },

    direction(which) {
      const v = vector('direction', which);
      return { slope: dot(directed('direction').g, v), squaredNorm: dot(v, v) };
    },
    probeAlong: (which, step) => trialAlong('probeAlong', which, step).at.value,
    moveAlong(which, step) {
      const there = trialAlong('moveAlong', which, step);
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
    probeExtragradient: (step) => at(extragradient('probeExtragradient', step)).value,
    moveExtragradient: (step) => commit(extragradient('moveExtragradient', step)),
    probeHeavyBall: (step, momentum) => at(heavyBall('probeHeavyBall', step, momentum)).value,
    moveHeavyBall: (step, momentum) => commit(heavyBall('moveHeavyBall', step, momentum)),
    probeNesterov: (step, tau) => at(nesterov('probeNesterov', step, tau)).value,
    moveNesterov: (step, tau) => commit(nesterov('moveNesterov', step, tau), along('moveNesterov', step).w),

    parameters: () => memory.w.slice(),
    setParameters(numbers) {
      const w = checkParameters(numbers, start.length);
      begin({ w, previous: w, lookahead: w, moments: memory.moments });
    },
    save() {
      const { w, previous, lookahead, moments } = memory;
      const points = { parameters: [...w], previous: [...previous], lookahead: [...lookahead] };
      return rule.remembers.length === 0 ? points : { ...points, moments: moments.save() };
    },
    restore({ parameters, previous, lookahead, moments: saved }) {
      const taken = (numbers: readonly number[]): Float64Array => checkParameters(numbers, start.length);
      begin({
        w: taken(parameters),
        previous: taken(previous),
        lookahead: taken(lookahead),
        moments: moments(rule, start.length, saved),
      });
    },
    abandon: () => begin(undo ?? memory),
    finish() {
      undo = direction = trial = trialGradient = undefined;
      if (!deterministic) here = undefined;
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

const negative = (v: Float64Array): Float64Array => v.map((x) => -x);
