import { keep, tidy, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { DirectionName } from '@overparam/core';
import { callingAgain } from './call-again.ts';
import type { Differentiated } from './differentiate.ts';
import type { DirectionRule, RuleOutput } from './directions/index.ts';
import { disposeAll, engine, share } from './engine.ts';
import type { ParameterMemory } from './parameter-memory.ts';
import { step as stepFrom, type Vector } from './parameters.ts';
import type { Evaluation, Problem } from './problem.ts';
import type { Draws } from './randomness.ts';

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
  /** What the rule will remember of each variable once the step is accepted. */
  readonly memory: readonly (readonly Tensor[])[];
  /** -v for a direction v by name */
  along(name: DirectionName): Vector;
  trial(along: Vector, step: number): Trial;
  value(point: Vector): Tensor;
  /** The gradients stay with the linearization, as `trialGradients`. */
  differentiate(there: Trial): { readonly value: Tensor; readonly gradients: Vector };
  readonly trialGradients: Vector | undefined;
  /** Leaves these tensors to the caller. */
  release(tensors: Iterable<Tensor>): void;
  dispose(): void;
}

/**
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
  const owned = new Set<Tensor>(g);
  const own = (tensor: Tensor): Tensor => {
    owned.add(keep(tensor));
    return tensor;
  };
  const source = recording.replayable ? recording : callingAgain(loss, variables, draws, kept);
  const everywhere = (point: Vector): Tensor[] => {
    const all: Tensor[] = [...variables];
    moving.forEach((i, k) => (all[i] = point[k]!));
    return all;
  };
  let trial: Trial | undefined;
  let trialGradients: Vector | undefined;
  const free = (vector: Vector | undefined): void => {
    for (const tensor of vector ?? []) if (owned.delete(tensor)) tensor.dispose();
  };
  const dispose = (): void => {
    disposeAll(owned);
    owned.clear();
    recording.dispose();
  };

  try {
    const outputs = moving.map((i, k): RuleOutput => {
      const variable = variables[i]!;
      const past = remembered.of(variable);
      const memory = past?.t ? rule.remembers.map((name) => past.tensors[name]!) : undefined;
      const input = { variable, gradient: given?.get(variable) ?? g[k]!, memory, t: (past?.t ?? 0) + 1 };
      const output = engine().tidy(() => {
        const { momentum, memory, preconditioned } = rule.next(input);
        return { momentum, memory: [...memory], preconditioned };
      });
      // A rule may hand back what it was given, which is not the step's to keep or to free.
      const mine = (tensor: Tensor): Tensor =>
        own(
          tensor === variable || tensor === given?.get(variable) || memory?.includes(tensor) ? share(tensor) : tensor,
        );
      return { ...output, momentum: mine(output.momentum), memory: output.memory.map(mine) };
    });
    const u = outputs.every(({ momentum }, k) => momentum === g[k]) ? g : outputs.map(({ momentum }) => momentum);
    let preconditioned: Vector | undefined;

    return {
      variables: moving.map((i) => variables[i]!),
      g,
      u,
      memory: outputs.map(({ memory }) => memory),
      along(name) {
        if (name === 'gradient') return g;
        if (name === 'momentum') return u;
        return (preconditioned ??= outputs.map((output) => own(tidy(output.preconditioned))));
      },
      trial(along, step) {
        if (trial?.along === along && trial.step === step) return trial;
        free(trial?.point);
        trial = undefined;
        const point = stepFrom(this.variables, along, step).map(own);
        return (trial = { along, step, point });
      },
      value: (point) => keep(source.replay(everywhere(point))),
      differentiate({ point }) {
        free(trialGradients);
        const { value, gradients }: Differentiated = source.differentiate(everywhere(point));
        trialGradients = moving.map((i, k) => own(gradients[i] ?? zerosLike(g[k]!)));
        return { value: keep(value), gradients: trialGradients };
      },
      get trialGradients() {
        return trialGradients;
      },
      release(tensors) {
        for (const tensor of tensors) owned.delete(tensor);
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
