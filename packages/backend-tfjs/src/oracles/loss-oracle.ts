import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  badOption,
  type AcceleratedOracle,
  type AveragingOracle,
  type Answer,
  type CompositeOracle,
  type DirectionalOracle,
  type Housekeeping,
  type LinearizeRequest,
  type ModularOracle,
  type TrialGradientOracle,
  type Work,
  type WorkOracle,
} from '@overparam/core';
import type { DirectionRule } from '../directions/index.ts';
import { partition, type ModulesOption } from '../modules/modules.ts';
import { parameterMemory, type ParameterMemory } from '../modules/parameter-memory.ts';
import { entriesOf, type Part, type Selection } from '../modules/part.ts';
import { undone } from '../recording/call-again.ts';
import { disposeAll, engine } from '../recording/engine.ts';
import { metered } from '../recording/meter.ts';
import type { Reading } from '../recording/reading.ts';
import type { InputGrams } from '../tangent/gram.ts';
import type { Structures } from '../tangent/jacobian.ts';
import { asMatrix, checkSamples } from '../tangent/kernel-matrix.ts';
import { lossTerms, type LossTerms } from '../tangent/loss-terms.ts';
import { along } from './along.ts';
import { averages, type Averages } from './average.ts';
import { byRule, linearized, movingOf, type Directed } from './linearization.ts';
import { elsewhereOf, gradientOf, lossCall, withValues, type LossCall } from './loss-call.ts';
import { evaluate, evaluateHere, recorded, unconnected, type Evaluation, type Problem } from './problem.ts';
import { stepLife } from './step.ts';
import { summary } from './summary.ts';

/** All questions that tfjs answers about a loss. */
export interface TfjsQuestions
  extends
    DirectionalOracle,
    TrialGradientOracle,
    AcceleratedOracle,
    AveragingOracle,
    ModularOracle,
    Pick<CompositeOracle, 'dimensions'>,
    WorkOracle,
    Housekeeping {}

/** The oracle of a loss, and what an optimizer needs besides its questions. */
export interface LossOracle {
  readonly questions: TfjsQuestions;
  /** Calls the loss and differentiates it, for the next `linearize` to use. */
  evaluate(): Pick<Evaluation, 'value'> & { readonly gradients: readonly (Tensor | null)[] };
  /**
   * The next `linearize` makes its direction of these gradients instead of g, and takes it whether it descends or not.
   * Variables without one do not move.
   */
  descendBy(gradients: ReadonlyMap<Variable, Tensor>): void;
  /** Whether `evaluate` was called and its `linearize` was not. */
  readonly evaluated: boolean;
  /** Hands over the loss of the last `linearize`, once. */
  takeCost(): Tensor | undefined;
  /** Runs `body` on the randomness of the last `linearize`, and restores the variables that it writes. */
  aside<T>(body: () => T): T;
  /** Answers a question by a computation of the caller's. */
  ask<T>(kind: keyof Work, question: () => Reading<T>): Answer<T>;
  readonly memory: ParameterMemory;
  readonly averages: Averages;
  dispose(): void;
}

export interface LossOracleOptions {
  readonly problem: () => Problem;
  readonly rule: DirectionRule;
  readonly modules: ModulesOption | undefined;
  /** N, where it is known. */
  readonly samples?: number | (() => number) | undefined;
  /** Whether numbers are read by promises. */
  readonly asynchronous?: boolean;
}

/** Bytes that slices of per-sample gradients may take. */
const MEMORY = 2 ** 27;

export function lossOracle({ problem, rule, modules, samples, asynchronous = false }: LossOracleOptions): LossOracle {
  const memory = parameterMemory(() => problem().variables);
  const average = averages(memory);
  const life = stepLife<LossCall>({ memory, asynchronous });
  const { step, writes, spent, ask } = life;
  const partitionOf = partition(modules);
  /** What is learned of the loss, from one step to the next. */
  const learned = {
    structures: new Map() as Structures,
    counts: new Map<string, number>(),
    known: new WeakMap() as InputGrams,
    /** Whether it takes gradients itself; undefined before its first call. */
    nested: undefined as boolean | undefined,
  };
  /** Tensors that outlive a step: the loss, and what the loss function kept when it was called again (metrics). */
  const last = { cost: undefined as Tensor | undefined, metrics: [] as Tensor[] };
  /** Gradients for the next direction, of the user's. */
  let replacement: ReadonlyMap<Variable, Tensor> | undefined;

  const posed = (): Problem => {
    const { loss, variables } = problem();
    return { loss, variables: [...new Set(variables)] };
  };
  const everything = (all: readonly Variable[]): Selection => partitionOf(all).selection(undefined);
  /** Calls the loss on the selected variables: by tfjs's tape, or to hold all that it computes (`values`). */
  const begin = (
    selectionOf: (all: readonly Variable[]) => Selection,
    { values, probes = true }: { readonly values: boolean; readonly probes?: boolean },
  ): LossCall =>
    life.begin((draws, before) => {
      average.assertOut();
      disposeAll([last.cost, ...last.metrics]);
      Object.assign(last, { cost: undefined, metrics: [] });
      const { loss, variables: all } = posed();
      const selection = selectionOf(all);
      const variables = [...selection.keys()].map((i) => all[i]!);
      const sliced = [...selection.values()].some((part) => part !== undefined);
      const way = values || sliced ? recorded : probes || learned.nested !== false ? evaluate : evaluateHere;
      const evaluation = spent.during('inputGradients', () => way({ loss, variables }, draws, before));
      if (evaluation.gradients) spent.ofWeights(evaluation.weightWork);
      const { value, recording, gradients, weightWork, nested } = evaluation;
      learned.nested = nested;
      last.cost = value;
      return lossCall({ all, loss, variables, recording, gradients, weightWork, draws });
    });
  /** The modules of a request among the variables that were recorded. */
  const selected = ({ all, variables }: LossCall, names: readonly string[] | undefined): Selection => {
    const index = new Map(variables.map((variable, i) => [variable, i]));
    const parts = [...partitionOf(all).selection(names)].map(([i, part]) => [index.get(all[i]!), part] as const);
    const missing = parts.findIndex(([i]) => i === undefined);
    if (missing >= 0)
      throw new OverparamError(
        'NOT_LINEARIZED',
        `'${all[missing]!.name}' was left out of this step's 'linearize': ask for kernels of its module before.`,
      );
    return new Map(parts as [number, Part][]);
  };
  function* linearize(request: LinearizeRequest = {}) {
    const around = request.around === true && request.modules !== undefined;
    const all = (variables: readonly Variable[]): Selection =>
      around ? everything(variables) : partitionOf(variables).selection(request.modules);
    const call = step.call && !step.at ? step.call : begin(all, { values: around, probes: request.probes ?? true });
    const { variables, recording } = call;
    const given = replacement;
    const named = selected(call, request.modules);
    const selection: Selection = given ? new Map([...named].filter(([i]) => given.has(variables[i]!))) : named;
    const { metrics } = last;
    const gradients = gradientOf(call, selection, { around, spent, metrics });
    if (gradients.size === 0) throw unconnected([...selection.keys()].map((i) => variables[i]!));
    const moving: Selection = new Map([...gradients.keys()].map((i) => [i, selection.get(i)]));
    const g = [...gradients.values()];
    call.terms?.jacobian.dispose();
    call.terms = undefined;
    recording?.forget();
    let direction: Directed;
    try {
      direction = byRule(movingOf(variables, moving), g, rule, memory, replacement);
    } catch (error) {
      disposeAll(g);
      throw error;
    }
    const source = metered(spent, elsewhereOf(call, metrics), call.weightWork);
    step.at = linearized(variables, moving, source, () => g, direction);
    replacement = undefined;
    return yield* summary(step.at, last.cost!, given ? { ...request, descend: false } : request);
  }
  function* terms(): Reading<readonly [LossCall, LossTerms]> {
    const call = step.call ?? begin(everything, { values: true });
    call.terms ??= yield* lossTerms(withValues(call).graph!, call.variables, {
      ...learned,
      samples: typeof samples === 'function' ? samples() : samples,
      memory: MEMORY,
    });
    return [call, call.terms];
  }

  const questions: TfjsQuestions = {
    get name() {
      return `tfjs on the backend '${engine().backendName}'`;
    },
    abandon() {
      life.abandon();
      last.cost?.dispose();
      last.cost = replacement = undefined;
    },
    finish() {
      life.finish();
      replacement = undefined;
    },
    work: spent.work,
    ...along({ life, memory, averages: average }),

    linearize: (request) => ask('inputGradients', () => linearize(request)),
    modules: () => partitionOf(step.call?.all ?? posed().variables).names,
    dimensions: (request) =>
      ask('kernels', function* () {
        const [call, { samples, width, jacobian }] = yield* terms();
        const parts = [...selected(call, request?.modules)].filter(([i]) => jacobian.connected.has(i));
        const parameters = parts.reduce((sum, [i, part]) => sum + entriesOf(call.variables[i]!, part), 0);
        return { samples, outputs: width, parameters };
      }),
    moduleKernels(request = {}) {
      if (request.along !== 'loss')
        throw badOption(
          "'along' of 'moduleKernels'",
          request.along === undefined ? 'absent' : 'a matrix',
          "'loss': this oracle knows a loss and no outputs, as compositeOracle does",
        );
      return ask('kernels', function* () {
        const [call, { samples, jacobian, gradient }] = yield* terms();
        checkSamples(request.samples, samples);
        const names = request.modules ?? partitionOf(call.all).names;
        const each = names.map((name) => selected(call, [name]));
        const V = gradient();
        try {
          return (yield* jacobian.kernelsAlong(V, each, request.samples)).map(asMatrix);
        } finally {
          V.dispose();
        }
      });
    },
  };
  return {
    questions,
    memory,
    averages: average,
    ask,
    get evaluated() {
      return step.call?.gradients !== undefined && step.at === undefined;
    },
    takeCost() {
      const { cost } = last;
      last.cost = undefined;
      const taken = cost?.clone();
      cost?.dispose();
      return taken;
    },
    evaluate() {
      const { gradients } = begin(everything, { values: false });
      return { value: last.cost!, gradients: gradients! };
    },
    descendBy(gradients) {
      replacement = gradients;
    },
    aside: (body) => undone(writes.draws, last.metrics, body),
    dispose() {
      life.finish();
      disposeAll([last.cost, ...last.metrics]);
      last.cost = undefined;
      last.metrics = [];
      memory.dispose();
    },
  };
}
