import fc from 'fast-check';
import { checkAll, checkOnce, NotApplicable, type Check, type Effort } from './check.ts';
import type { Numbers } from './precision.ts';
import { ensure, shown } from './promise-broken.ts';
import { promiseOf } from './promise.ts';
import { directionPromises } from './promises-of-directions.ts';
import { register, type RunnerOptions } from './runner.ts';
import { ensureSame } from './same.ts';
import { dot } from './vector.ts';

/** A direction rule, in the form of @overparam/backend-tfjs. */
export interface DirectionRule<Tensor> {
  readonly name: string;
  readonly options: Readonly<Record<string, number>>;
  readonly remembers: readonly string[];
  next(input: {
    readonly gradient: Tensor;
    readonly variable: Tensor;
    readonly memory: readonly Tensor[] | undefined;
    readonly t: number;
  }): {
    readonly momentum: Tensor;
    readonly preconditioned: () => Tensor;
    readonly fresh?: () => Tensor;
    readonly memory: readonly Tensor[];
  };
}

/** What the tests need from the tensor library. */
export interface Tensors<Tensor> {
  /** A vector. */
  make(values: readonly number[]): Tensor;
  read(tensor: Tensor): Numbers;
  /** Runs the body and frees what it makes, as `tf.tidy` does; just runs it when absent. */
  scope?(body: () => void): void;
  /** Frees a tensor, where that is needed. */
  dispose?(tensor: Tensor): void;
  /** How many tensors are alive now. */
  live?(): number;
}

export interface DirectionOptions<Tensor> extends RunnerOptions, Effort {
  readonly tensors: Tensors<Tensor>;
  /** False for a rule whose preconditioned gradient may ascend, for instance by a decay of the weights. */
  readonly descends?: boolean;
}

/** What a rule makes of a gradient, as numbers. */
interface Made {
  readonly momentum: readonly number[];
  readonly preconditioned: readonly number[];
  readonly fresh: readonly number[];
  readonly memory: readonly (readonly number[])[];
}

/** A variable and its gradients, one per step. */
const histories = fc.integer({ min: 1, max: 3 }).chain((n) => {
  const vector = fc.array(
    fc.integer({ min: -16, max: 16 }).map((x) => x / 8),
    { minLength: n, maxLength: n },
  );
  return fc.record({ variable: vector, gradients: fc.array(vector, { minLength: 1, maxLength: 4 }) });
});

/**
 * Tests that a direction rule keeps what it promises: one call in a test file, one test per promise.
 *
 * ```typescript
 * const tensors = { make: (values) => tf.tensor1d([...values]), read: (t) => t.dataSync(), scope: tf.tidy };
 * testDirection(myRule(), { runner: { describe, it }, tensors });
 * ```
 *
 * @throws OverparamError `BAD_OPTION`; its tests throw {@link PromiseBroken}
 */
export function testDirection<Tensor>(rule: DirectionRule<Tensor>, options: DirectionOptions<Tensor>): void {
  register(`the direction '${rule.name}'`, directionChecks(rule, options), options);
}

export function directionChecks<Tensor>(rule: DirectionRule<Tensor>, options: DirectionOptions<Tensor>): Check[] {
  const { tensors, descends = true } = options;
  const promised = promiseOf(directionPromises);
  const effort = { runs: 50, ...options };
  const scope = tensors.scope?.bind(tensors) ?? ((body: () => void) => body());
  const numbers = (tensor: Tensor): number[] => Array.from(tensors.read(tensor));

  /** One step from tensors made for it; `see` is shown what there was before, and is after. */
  const step = (
    gradient: readonly number[],
    variable: readonly number[],
    memory: Made['memory'] | undefined,
    t: number,
    see: (inputs: readonly (readonly number[])[]) => void = () => undefined,
  ): Made => {
    let made: Made | undefined;
    scope(() => {
      const given = [gradient, variable, ...(memory ?? [])].map((values) => tensors.make(values));
      const [g, w, ...past] = given;
      const out = rule.next({ gradient: g!, variable: w!, memory: memory && past, t });
      made = {
        memory: out.memory.map(numbers),
        momentum: numbers(out.momentum),
        preconditioned: numbers(out.preconditioned()),
        fresh: numbers((out.fresh ?? out.preconditioned)()),
      };
      see(given.map(numbers));
      const all = new Set([...given, out.momentum, ...out.memory]);
      if (tensors.dispose) all.forEach((tensor) => tensors.dispose!(tensor));
    });
    return made!;
  };
  interface History {
    readonly variable: readonly number[];
    readonly gradients: readonly (readonly number[])[];
  }
  const follow = ({ variable, gradients }: History): Made[] => {
    let memory: Made['memory'] | undefined;
    return gradients.map((g, k) => {
      const made = step(g, variable, memory, k + 1);
      memory = made.memory;
      return made;
    });
  };
  const about = (id: string, presumes: readonly string[], test: (history: History) => void): Check =>
    checkAll(promised(id), presumes, histories, test, effort);
  const basic = ['names-its-memory', 'shapes'];

  return [
    checkOnce(promised('plain-options'), [], () => {
      ensureSame(JSON.parse(JSON.stringify(rule.options)), rule.options, 'its options after JSON');
    }),
    about('names-its-memory', [], (history) => {
      const { memory } = follow(history)[0]!;
      const { remembers } = rule;
      ensure(memory.length === remembers.length, () => `it remembers ${memory.length} tensors, named ${shown(remembers)}`); // prettier-ignore
      ensure(new Set(remembers).size === remembers.length, () => `its names are not different: ${shown(remembers)}`);
    }),
    about('shapes', ['names-its-memory'], (history) => {
      const n = history.variable.length;
      for (const { momentum, preconditioned, fresh } of follow(history))
        ensureSame(
          [momentum.length, preconditioned.length, fresh.length],
          [n, n, n],
          `the sizes for a variable of ${n} numbers`,
        );
    }),
    about('changes-nothing', basic, ({ variable, gradients }) => {
      let memory: Made['memory'] | undefined;
      gradients.forEach((g, k) => {
        const before = [g, variable, ...(memory ?? [])];
        const made = step(g, variable, memory, k + 1, (after) => ensureSame(after, before, 'what it was given, after next')); // prettier-ignore
        memory = made.memory;
      });
    }),
    about('deterministic', basic, (history) => ensureSame(follow(history), follow(history), 'a second time')),
    checkAll(promised('no-hidden-memory'), [...basic, 'deterministic'], fc.tuple(histories, histories), ([history, other]) => {
      const alone = follow(history);
      let memory: Made['memory'] | undefined;
      history.gradients.forEach((g, k) => {
        // Other variables, and the next step of this one, tried and given up, come in between.
        follow(other);
        step(g, history.variable, memory, k + 1);
        const made = step(g, history.variable, memory, k + 1);
        ensureSame(made, alone[k], `step ${k + 1}, with other variables in between`);
        memory = made.memory;
      });
    }, effort), // prettier-ignore
    about('stays-finite', basic, ({ variable, gradients }) => {
      const zero = variable.map(() => 0);
      for (const made of follow({ variable, gradients: [zero, ...gradients, zero] })) {
        const all = [made.momentum, made.preconditioned, made.fresh, ...made.memory].flat();
        ensure(all.every(Number.isFinite), () => `it makes ${shown(made)}`);
      }
    }),
    about('descends', [...basic, 'stays-finite'], (history) => {
      if (!descends) throw new NotApplicable('its preconditioned gradient may ascend');
      follow(history).forEach(({ preconditioned, momentum }, k) => {
        const g = history.gradients[k]!;
        if (g.every((x) => x === 0)) return;
        ensure(dot(g, preconditioned) > 0, () => `<g, P g> is ${dot(g, preconditioned)} for g = ${shown(g)} in step ${k + 1}`); // prettier-ignore
        if (k === 0) ensure(dot(g, momentum) > 0, () => `<g, P m> is ${dot(g, momentum)} in the first step`);
      });
    }),
    about('fresh', [...basic, 'stays-finite', ...(descends ? ['descends'] : [])], (history) => {
      follow(history).forEach(({ fresh, preconditioned }, k) => {
        const g = history.gradients[k]!;
        if (g.every((x) => x === 0)) return;
        // Without one of its own the oracle tries P g, and takes -g where that ascends.
        if (!descends && fresh.every((x, i) => x === preconditioned[i])) return;
        ensure(dot(g, fresh) > 0, () => `<g, fresh> is ${dot(g, fresh)} for g = ${shown(g)} in step ${k + 1}`);
      });
    }),
    about('no-leak', basic, (history) => {
      const live = tensors.live?.bind(tensors);
      if (!live) throw new NotApplicable("the tensors have no 'live'");
      follow(history);
      const before = live();
      follow(history);
      ensure(live() === before, () => `${live() - before} tensors more are alive after ${history.gradients.length} steps`); // prettier-ignore
    }),
  ];
}
