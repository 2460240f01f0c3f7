import { keep, tidy, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { DirectionName } from '@overparam/core';
import { callingAgain } from './call-again.ts';
import type { Differentiated } from './differentiate.ts';
import type { DirectionRule } from './directions/index.ts';
import { disposeAll, engine, share } from './engine.ts';
import type { ParameterMemory, Remembered } from './parameter-memory.ts';
import { step as stepFrom, type Vector } from './parameters.ts';
import type { Evaluation, Problem } from './problem.ts';
import type { Draws } from './randomness.ts';
import type { Recording } from './recording.ts';

/** A point w + step d, and what is known of f there. */
export interface Trial {
  readonly along: Vector;
  readonly step: number;
  readonly point: Vector;
  value?: number;
}

/** f near w, for the length of one step: everything of parameter size that the step makes, and f at other points. */
export interface Linearized {
  /** The variables that the loss depends on; vectors go by their order. */
  readonly variables: readonly Variable[];
  readonly g: Vector;
  /** -d */
  u: Vector;
  /** What will be remembered of each variable once the step is accepted. */
  readonly memory: readonly Remembered[];
  /** -v for a direction v by name */
  along(name: DirectionName): Vector;
  trial(along: Vector, step: number): Trial;
  /** A point with the variables that don't move. */
  everywhere(point: Vector): Tensor[];
  value(point: Vector): Tensor;
  /** The gradients stay with the linearization, as `trialGradients`. */
  differentiate(there: Trial): { readonly value: Tensor; readonly gradients: Vector };
  readonly trialGradients: Vector | undefined;
  /** Leaves these tensors to the caller. */
  release(tensors: Iterable<Tensor>): void;
  dispose(): void;
}

/** f at other points. */
export type Elsewhere = Pick<Recording, 'replay' | 'differentiate'>;

/** A direction d = -u, and what making it leaves in memory. */
export interface Made {
  readonly u: Vector;
  readonly memory: readonly Remembered[];
  /** The part of -d, without momentum, of each variable; undefined: it is g. */
  readonly preconditioned?: readonly (() => Tensor)[];
}

/**
 * By a direction rule.
 * @param given gradients to make the direction of, in the place of g
 * @param kept takes tensors that the loss keeps when it is called again
 */
export function linearization(
  { loss, variables }: Problem,
  { recording, gradients }: Evaluation,
  rule: DirectionRule,
  remembered: ParameterMemory,
  given: ReadonlyMap<Variable, Tensor> | undefined,
  draws: Draws,
  kept: Tensor[],
): Linearized {
  const moving = variables.flatMap((_, i) => (gradients[i] ? [i] : []));
  const g = moving.map((i) => gradients[i]!);
  const source = recording.replayable ? recording : callingAgain(loss, variables, draws, kept);
  try {
    const made = byRule(
      moving.map((i) => variables[i]!),
      g,
      rule,
      remembered,
      given,
    );
    return linearized(
      variables,
      moving,
      source,
      () => g,
      made,
      () => recording.dispose(),
    );
  } catch (error) {
    disposeAll(g);
    recording.dispose();
    throw error;
  }
}

/** The direction that a rule makes of g. The tensors are kept, for `linearized` to own. */
export function byRule(
  variables: readonly Variable[],
  g: Vector,
  rule: DirectionRule,
  remembered: ParameterMemory,
  given?: ReadonlyMap<Variable, Tensor>,
): Made {
  const made: Tensor[] = [];
  const own = (tensor: Tensor): Tensor => {
    made.push(keep(tensor));
    return tensor;
  };
  try {
    const outputs = variables.map((variable, k) => {
      const past = remembered.of(variable);
      const memory = past?.t ? rule.remembers.map((name) => past.tensors[name]!) : undefined;
      const input = { variable, gradient: given?.get(variable) ?? g[k]!, memory, t: (past?.t ?? 0) + 1 };
      const output = engine().tidy(() => {
        const { momentum, memory, preconditioned } = rule.next(input);
        return { momentum, memory: [...memory], preconditioned };
      });
      // A rule may hand back what it was given, which is not the step's to keep or to free.
      const mine = (tensor: Tensor): Tensor =>
        tensor === g[k] ? tensor : own(isLent(tensor, variable, given, memory) ? share(tensor) : tensor);
      const moments = output.memory.map(mine).map((moment) => (moment === g[k] ? own(share(moment)) : moment));
      return {
        momentum: mine(output.momentum),
        preconditioned: output.preconditioned,
        memory: {
          t: input.t,
          tensors: Object.fromEntries(rule.remembers.map((name, m) => [name, moments[m]!])),
        },
      };
    });
    const u = outputs.every(({ momentum }, k) => momentum === g[k]) ? g : outputs.map(({ momentum }) => momentum);
    return {
      u,
      memory: outputs.map(({ memory }) => memory),
      preconditioned: outputs.map(({ preconditioned }) => preconditioned),
    };
  } catch (error) {
    disposeAll(made);
    throw error;
  }
}

const isLent = (
  tensor: Tensor,
  variable: Variable,
  given: ReadonlyMap<Variable, Tensor> | undefined,
  memory: readonly Tensor[] | undefined,
): boolean => tensor === variable || tensor === given?.get(variable) || memory?.includes(tensor) === true;

/**
 * @param moving the indices of the variables that f depends on
 * @param gradient makes g when it is asked for first; the linearization owns it then
 */
export function linearized(
  variables: readonly Variable[],
  moving: readonly number[],
  source: Elsewhere,
  gradient: () => Vector,
  { u, memory, preconditioned }: Made,
  done: () => void,
): Linearized {
  const owned = new Set<Tensor>([...u, ...memory.flatMap(({ tensors }) => Object.values(tensors))]);
  const own = (tensor: Tensor): Tensor => {
    owned.add(keep(tensor));
    return tensor;
  };
  const everywhere = (point: Vector): Tensor[] => {
    const all: Tensor[] = [...variables];
    moving.forEach((i, k) => (all[i] = point[k]!));
    return all;
  };
  const free = (vector: Vector | undefined): void => {
    for (const tensor of vector ?? []) if (owned.delete(tensor)) tensor.dispose();
  };
  let g: Vector | undefined;
  let trial: Trial | undefined;
  let trialGradients: Vector | undefined;
  let withoutMomentum: Vector | undefined;

  return {
    variables: moving.map((i) => variables[i]!),
    get g() {
      if (!g) (g = gradient()).forEach(own);
      return g;
    },
    u,
    memory,
    along(name) {
      if (name === 'gradient') return this.g;
      if (name === 'momentum') return this.u;
      return (withoutMomentum ??= preconditioned?.map((make) => own(tidy(make))) ?? this.g);
    },
    trial(along, step) {
      if (trial?.along === along && trial.step === step) return trial;
      free(trial?.point);
      trial = undefined;
      const point = stepFrom(this.variables, along, step).map(own);
      return (trial = { along, step, point });
    },
    everywhere,
    value: (point) => keep(source.replay(everywhere(point))),
    differentiate({ point }) {
      free(trialGradients);
      const { value, gradients }: Differentiated = source.differentiate(everywhere(point));
      trialGradients = moving.map((i) => own(gradients[i] ?? zerosLike(variables[i]!)));
      return { value: keep(value), gradients: trialGradients };
    },
    get trialGradients() {
      return trialGradients;
    },
    release(tensors) {
      for (const tensor of tensors) owned.delete(tensor);
    },
    dispose() {
      disposeAll(owned);
      owned.clear();
      done();
    },
  };
}
