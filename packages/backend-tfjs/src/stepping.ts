import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  badOption,
  type AcceleratedOracle,
  type Answer,
  type DirectionName,
  type DirectionSummary,
  type DirectionalOracle,
  type Housekeeping,
  type Linearization,
  type LinearizeRequest,
  type TrialGradientOracle,
  type TrialLinearization,
} from '@overparam/core';
import { undone } from './call-again.ts';
import { assertOutsideLoss } from './call-loss.ts';
import type { DirectionRule } from './directions/index.ts';
import { disposeAll, engine, share } from './engine.ts';
import { linearization, type Linearized, type Trial } from './linearization.ts';
import { parameterMemory, type ParameterMemory, type Remembered } from './parameter-memory.ts';
import { difference, extrapolate, mix, readNumbers, step as stepFrom, type Vector, type Wanted } from './parameters.ts';
import { evaluate, type Evaluation, type Problem } from './problem.ts';
import type { Draws } from './randomness.ts';
import { whenAnswered, type Read } from './read.ts';
import { forget, note, putBack, type Before } from './variable-writes.ts';

/** All questions that tfjs answers at a loss. */
export interface TfjsQuestions extends DirectionalOracle, TrialGradientOracle, AcceleratedOracle, Housekeeping {}

/** What brings everything back to where a step began. */
interface Undo {
  readonly variables: Before;
  readonly memory: (readonly [Variable, Remembered | undefined])[];
  readonly draws: Draws;
}

/** The oracle, and what an optimizer does beside asking. */
export interface Stepping {
  readonly questions: TfjsQuestions;
  /** Calls the loss and differentiates it, for the next `linearize` to use. */
  evaluate(): Evaluation;
  /** Makes the direction of these gradients, in the place of g, in the next `linearize`. */
  descendBy(gradients: ReadonlyMap<Variable, Tensor>): void;
  /** Whether `evaluate` waits for its `linearize`. */
  readonly evaluated: boolean;
  /** Hands out the loss of the last `linearize`, once. */
  takeCost(): Tensor | undefined;
  /** Runs `body` on the randomness of the last `linearize`, and puts back the variables that it writes. */
  aside<T>(body: () => T): T;
  readonly memory: ParameterMemory;
  dispose(): void;
}

export interface SteppingOptions {
  readonly problem: () => Problem;
  readonly rule: DirectionRule;
  readonly read: Read;
  readonly modules: Readonly<Record<string, readonly Variable[]>> | undefined;
}

export function stepping({ problem, rule, read, modules }: SteppingOptions): Stepping {
  const memory = parameterMemory();
  /** Draws that an abandoned step took: the next one takes them again. */
  let leftover: number[] = [];
  let undo: Undo | undefined;
  let evaluation: Evaluation | undefined;
  let posed: Problem | undefined;
  let given: ReadonlyMap<Variable, Tensor> | undefined;
  let at: Linearized | undefined;
  let cost: Tensor | undefined;
  let kept: Tensor[] = [];

  /** Frees what the last step made, and keeps what undoes it. */
  const settle = (): void => {
    if (at) at.dispose();
    else if (evaluation) {
      disposeAll(evaluation.gradients);
      evaluation.recording.dispose();
    }
    at = evaluation = given = undefined;
  };
  const finish = (): void => {
    settle();
    if (!undo) return;
    forget(undo.variables);
    for (const [, replaced] of undo.memory) disposeAll(Object.values(replaced?.tensors ?? {}));
    undo = undefined;
  };
  const abandon = (): void => {
    if (undo) {
      const { variables, memory: replaced, draws } = undo;
      undo = undefined;
      for (const [variable, before] of replaced.reverse())
        disposeAll(Object.values(memory.set(variable, before)?.tensors ?? {}));
      putBack(variables);
      leftover = [...draws.values, ...leftover];
    }
    finish();
    cost?.dispose();
    cost = undefined;
  };
  const begin = (request: LinearizeRequest | undefined): Evaluation => {
    assertOutsideLoss();
    finish();
    disposeAll([cost, ...kept]);
    cost = undefined;
    kept = [];
    const draws: Draws = { values: leftover, used: 0 };
    undo = { variables: new Map(), memory: [], draws };
    try {
      const { loss, variables: named } = problem();
      const variables = [...new Set(named)];
      posed = { loss, variables: request?.modules ? chosen(request.modules, variables, modules) : variables };
      evaluation = evaluate(posed, draws, undo.variables);
      leftover = draws.values.splice(draws.used);
      cost = evaluation.value;
      return evaluation;
    } catch (error) {
      leftover = [];
      abandon();
      throw error;
    }
  };
  const current = (question: string): Linearized => {
    if (at) return at;
    throw new OverparamError(
      'NOT_LINEARIZED',
      `'${question}' was asked before 'linearize', or after the step was done.`,
    );
  };
  /** w <- next. Points before are kept from the first question on that needs them. */
  const commit = (next: Vector, keeps?: { readonly previous?: true; readonly lookahead?: Vector }): void => {
    const { variables, memory: moments, release } = at!;
    variables.forEach((variable, k) => {
      const past = memory.of(variable);
      note(undo!.variables, variable);
      const tensors = Object.fromEntries(rule.remembers.map((name, m) => [name, moments[k]![m]!]));
      if (keeps?.previous || past?.tensors['previous']) tensors['previous'] = share(variable);
      if (keeps?.lookahead || past?.tensors['lookahead'])
        tensors['lookahead'] = share(keeps?.lookahead?.[k] ?? next[k]!);
      release(moments[k]!);
      undo!.memory.push([variable, memory.set(variable, { t: (past?.t ?? 0) + 1, tensors })]);
      variable.assign(next[k]!);
    });
    settle();
  };
  const commitFresh = (next: Vector, keeps?: Parameters<typeof commit>[1]): void => {
    try {
      commit(next, keeps);
    } finally {
      disposeAll(next);
    }
  };
  const trial = (question: string, along: DirectionName | 'd', step: number): Trial => {
    if (!Number.isFinite(step)) throw badOption(`The step of '${question}'`, step, 'a finite number');
    const here = current(question);
    return here.trial(along === 'd' ? here.u : here.along(along), step);
  };
  const valueAt = (there: Trial): Answer<number> => {
    if (there.value !== undefined) return there.value;
    return whenAnswered(read(at!.value(there.point)), (values) => (there.value = values[0]!));
  };
  const history = (name: 'previous' | 'lookahead', otherwise: Vector): Vector =>
    at!.variables.map((variable, k) => memory.of(variable)?.tensors[name] ?? otherwise[k]!);

  const questions: TfjsQuestions = {
    get name() {
      return `tfjs on the backend '${engine().backendName}'`;
    },
    abandon,
    finish,

    linearize(request) {
      const evaluated = evaluation && !at && !request?.modules ? evaluation : begin(request);
      try {
        const here = linearization(posed!, evaluated, rule, memory, given, undo!.draws, kept);
        at = here;
        const { g, u } = here;
        const wanted: Wanted[] = u === g ? [cost!, [g, g]] : [cost!, [g, g], [g, u]];
        return whenAnswered(
          readNumbers(read, wanted),
          ([value, squaredGradientNorm, descent = squaredGradientNorm]): Linearization => {
            if (u === g || descent! > 0)
              return { value: value!, slope: -descent!, squaredGradientNorm: squaredGradientNorm! };
            here.u = g;
            return {
              value: value!,
              slope: -squaredGradientNorm!,
              squaredGradientNorm: squaredGradientNorm!,
              fellBack: true,
            };
          },
        );
      } catch (error) {
        abandon();
        throw error;
      }
    },
    probe: (step) => valueAt(trial('probe', 'd', step)),
    move: (step) => commit(trial('move', 'd', step).point),

    direction(name) {
      const here = current('direction');
      const v = here.along(name);
      return whenAnswered(
        readNumbers(read, [
          [here.g, v],
          [v, v],
        ]),
        ([descent, squaredNorm]): DirectionSummary => ({ slope: -descent!, squaredNorm: squaredNorm! }),
      );
    },
    probeAlong: (name, step) => valueAt(trial('probeAlong', name, step)),
    moveAlong: (name, step) => commit(trial('moveAlong', name, step).point),

    probeGradient(step) {
      const there = trial('probeGradient', 'd', step);
      const { g, u } = at!;
      const { value, gradients } = at!.differentiate(there);
      const change = difference(gradients, g);
      try {
        return whenAnswered(
          readNumbers(read, [value, [gradients, u], [gradients, gradients], [change, change]]),
          ([f, descent, squaredGradientNorm, squaredGradientChange]): TrialLinearization => {
            there.value = f!;
            return {
              value: f!,
              slope: -descent!,
              squaredGradientNorm: squaredGradientNorm!,
              squaredGradientChange: squaredGradientChange!,
            };
          },
        );
      } finally {
        disposeAll([value, ...change]);
      }
    },
    moveExtragradient(step) {
      const gradients = current('moveExtragradient').trialGradients;
      if (!gradients)
        throw new OverparamError('NOT_LINEARIZED', "'moveExtragradient' was asked before 'probeGradient'.");
      if (!Number.isFinite(step)) throw badOption("The step of 'moveExtragradient'", step, 'a finite number');
      commitFresh(stepFrom(at!.variables, gradients, step));
    },
    moveHeavyBall(step, momentum) {
      const { point } = trial('moveHeavyBall', 'd', step);
      const w = at!.variables;
      commitFresh(extrapolate(point, momentum, w, history('previous', w)), { previous: true });
    },
    moveNesterov(step, tau) {
      const { point } = trial('moveNesterov', 'd', step);
      commitFresh(mix(point, history('lookahead', at!.variables), tau), { lookahead: point });
    },
  };
  return {
    questions,
    memory,
    get evaluated() {
      return evaluation !== undefined && at === undefined;
    },
    takeCost() {
      const taken = cost?.clone();
      cost?.dispose();
      cost = undefined;
      return taken;
    },
    evaluate: () => begin(undefined),
    descendBy(gradients) {
      given = gradients;
    },
    aside: (body) => undone(undo?.draws ?? { values: [], used: 0 }, kept, body),
    dispose() {
      finish();
      disposeAll([cost, ...kept]);
      memory.dispose();
    },
  };
}

function chosen(
  names: readonly string[],
  variables: readonly Variable[],
  modules: Readonly<Record<string, readonly Variable[]>> | undefined,
): Variable[] {
  const all = modules ?? Object.fromEntries(variables.map((variable) => [variable.name, [variable]]));
  const wanted = names.flatMap((name) => {
    if (!Object.hasOwn(all, name)) throw badOption('modules', name, `names among ${Object.keys(all).join(', ')}`);
    return all[name]!;
  });
  return variables.filter((variable) => wanted.includes(variable));
}
