import { keep, tidy, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { DirectionName } from '@overparam/core';
import type { Differentiated } from '../recording/differentiate.ts';
import type { DirectionRule } from '../directions/index.ts';
import { disposeAll, engine, share } from '../recording/engine.ts';
import type { Elsewhere } from '../recording/meter.ts';
import type { ParameterMemory, Remembered } from '../modules/parameter-memory.ts';
import { step as stepFrom, type Vector } from '../modules/parameters.ts';
import { withPart, partOf, type Part, type Selection } from '../modules/part.ts';
import { alike, counted } from '../modules/step-count.ts';

/** A point w + step d, and what is known of f there. */
export interface Trial {
  readonly along: Vector;
  readonly step: number;
  readonly point: Vector;
  value?: number;
}

/** A variable, or a part of it, that a step moves. */
export interface Moving {
  readonly variable: Variable;
  readonly part: Part;
}

/** f near w, for the length of one step: everything of parameter size that the step makes, and f at other points. */
export interface Linearized {
  /** What moves f, and is to be moved; vectors have a tensor for each of them, parts in one piece. */
  readonly moving: readonly Moving[];
  /** w */
  readonly w: Vector;
  readonly g: Vector;
  /** -d */
  readonly u: Vector;
  /** What will be remembered of each variable once the step is accepted. */
  readonly memory: readonly Remembered[];
  /** d <- what the current gradient brings of it: -(1 - beta1) P g for Adam. */
  fallBack(): void;
  /** d <- -g */
  fallBackToGradient(): void;
  /** -v for a direction v by name; falling back changes none of them. */
  along(name: DirectionName): Vector;
  trial(along: Vector, step: number): Trial;
  /** A point with what doesn't move; to be called within `tidy`. */
  everywhere(point: Vector): Tensor[];
  value(point: Vector): Tensor;
  /** The gradients stay with the linearization, as `trialGradients`. */
  differentiate(there: Trial): { readonly value: Tensor; readonly gradients: Vector };
  readonly trialGradients: Vector | undefined;
  /** Leaves these tensors to the caller. */
  release(tensors: Iterable<Tensor>): void;
  dispose(): void;
}

/** A direction d = -u, and what making it leaves in memory. */
export interface Directed {
  readonly u: Vector;
  readonly memory: readonly Remembered[];
  /** The part of -d, without momentum, of each variable; undefined: it is g. */
  readonly preconditioned?: readonly (() => Tensor)[];
  /** What the current gradient brings of -d, of each variable; undefined: it is g. */
  readonly fresh?: readonly (() => Tensor)[];
  /** What else it holds until the end of the step. */
  readonly held?: readonly Tensor[];
}

/**
 * The direction that a rule makes of g. The tensors are kept, for `linearized` to own.
 * @param given gradients to make the direction of instead of g; in the shapes of the variables
 */
export function byRule(
  moving: readonly Moving[],
  g: Vector,
  rule: DirectionRule,
  remembered: ParameterMemory,
  given?: ReadonlyMap<Variable, Tensor>,
): Directed {
  const kept: Tensor[] = [];
  const own = (tensor: Tensor): Tensor => {
    kept.push(keep(tensor));
    return tensor;
  };
  /** A rule may use its input later in the step. */
  const piece = (x: Tensor, part: Part): Tensor => (part ? own(tidy(() => partOf(x, part))) : x);
  try {
    const outputs = moving.map(({ variable, part }, k) => {
      const past = remembered.of(variable);
      const whole = given?.get(variable);
      const gradient = whole ? piece(whole, part) : g[k]!;
      // Indices that as many steps have moved go to the rule together.
      const groups = alike(past?.t ?? 0, part, variable).map(({ t, of, within }) => {
        const memory = t > 0 ? rule.remembers.map((name) => piece(past!.tensors[name]!, of)) : undefined;
        const input = { variable: piece(variable, of), gradient: piece(gradient, within), memory, t: t + 1 };
        const output = engine().tidy(() => {
          const { momentum, memory, preconditioned, fresh = preconditioned } = rule.next(input);
          return { momentum, memory: [...memory], preconditioned, fresh };
        });
        const lent = [input.variable, input.gradient, ...(memory ?? [])];
        // A rule may hand back what it was given, which is not the step's to keep or to free.
        const mine = (tensor: Tensor): Tensor =>
          tensor === g[k] ? tensor : own(lent.includes(tensor) ? share(tensor) : tensor);
        const moments = output.memory.map(mine).map((moment) => (moment === g[k] ? own(share(moment)) : moment));
        const { preconditioned, fresh } = output;
        return { of, within, momentum: mine(output.momentum), moments, preconditioned, fresh };
      });
      const [only] = groups;
      const joined = (each: readonly Tensor[], at: 'of' | 'within', base: () => Tensor): Tensor =>
        groups.length === 1 && !only![at]
          ? each[0]!
          : tidy(() => groups.reduce((x, group, i) => withPart(each[i]!, group[at], x), base()));
      const momentum = joined(
        groups.map(({ momentum }) => momentum),
        'within',
        () => gradient,
      );
      const joining = (kind: 'preconditioned' | 'fresh') => (): Tensor =>
        joined(
          groups.map((group) => group[kind]()),
          'within',
          () => gradient,
        );
      return {
        momentum: momentum === g[k] ? momentum : own(momentum),
        preconditioned: joining('preconditioned'),
        fresh: joining('fresh'),
        memory: {
          t: counted(past?.t ?? 0, part, variable),
          tensors: Object.fromEntries(
            rule.remembers.map((name, m) => {
              const each = groups.map(({ moments }) => moments[m]!);
              return [name, own(joined(each, 'of', () => past?.tensors[name] ?? zerosLike(variable)))];
            }),
          ),
        },
      };
    });
    const u = outputs.every(({ momentum }, k) => momentum === g[k]) ? g : outputs.map(({ momentum }) => momentum);
    return {
      u,
      memory: outputs.map(({ memory }) => memory),
      preconditioned: outputs.map(({ preconditioned }) => preconditioned),
      fresh: outputs.map(({ fresh }) => fresh),
      held: kept,
    };
  } catch (error) {
    disposeAll(kept);
    throw error;
  }
}

/**
 * @param variables all that `source` takes
 * @param selection those that f depends on and that are to move, in this order
 * @param gradient makes g when it is asked for first; the linearization owns it then
 */
export function linearized(
  variables: readonly Variable[],
  selection: Selection,
  source: Elsewhere,
  gradient: () => Vector,
  { u: momentum, memory, preconditioned, fresh, held = [] }: Directed,
): Linearized {
  const owned = new Set<Tensor>([...held, ...momentum, ...memory.flatMap(({ tensors }) => Object.values(tensors))]);
  const own = (tensor: Tensor): Tensor => {
    owned.add(keep(tensor));
    return tensor;
  };
  const moving = movingOf(variables, selection);
  const indices = [...selection.keys()];
  const everywhere = (point: Vector): Tensor[] => {
    const all: Tensor[] = [...variables];
    indices.forEach((i, k) => (all[i] = withPart(point[k]!, moving[k]!.part, variables[i]!)));
    return all;
  };
  const free = (vector: Vector | undefined): void => {
    for (const tensor of vector ?? []) if (owned.delete(tensor)) tensor.dispose();
  };
  let u = momentum;
  let w: Vector | undefined;
  let g: Vector | undefined;
  let trial: Trial | undefined;
  let trialGradients: Vector | undefined;
  let withoutMomentum: Vector | undefined;

  return {
    moving,
    get w() {
      return (w ??= moving.map(({ variable, part }) => (part ? own(tidy(() => partOf(variable, part))) : variable)));
    },
    get g() {
      if (!g) (g = gradient()).forEach(own);
      return g;
    },
    get u() {
      return u;
    },
    memory,
    fallBack() {
      u = fresh?.map((make) => own(tidy(make))) ?? this.g;
    },
    fallBackToGradient() {
      u = this.g;
    },
    along(name) {
      if (name === 'gradient') return this.g;
      if (name === 'momentum') return momentum;
      return (withoutMomentum ??= preconditioned?.map((make) => own(tidy(make))) ?? this.g);
    },
    trial(along, step) {
      if (trial?.along === along && trial.step === step) return trial;
      free(trial?.point);
      trial = undefined;
      const point = stepFrom(this.w, along, step).map(own);
      return (trial = { along, step, point });
    },
    everywhere,
    value: (point) => engine().tidy(() => keep(source.replay(everywhere(point)))),
    differentiate({ point }) {
      free(trialGradients);
      return engine().tidy(() => {
        const { value, gradients }: Differentiated = source.differentiate(everywhere(point));
        trialGradients = moving.map(({ variable, part }, k) =>
          own(partOf(gradients[indices[k]!] ?? zerosLike(variable), part)),
        );
        return { value: keep(value), gradients: trialGradients };
      });
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
    },
  };
}

export const movingOf = (variables: readonly Variable[], selection: Selection): Moving[] =>
  [...selection].map(([i, part]) => ({ variable: variables[i]!, part }));
