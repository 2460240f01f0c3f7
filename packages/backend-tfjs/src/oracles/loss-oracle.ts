import { scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  badOption,
  type AcceleratedOracle,
  type Answer,
  type CompositeOracle,
  type DirectionalOracle,
  type Housekeeping,
  type Matrix,
  type ModularOracle,
  type ModuleKernelsRequest,
  type TrialGradientOracle,
  type WorkOracle,
} from '@overparam/core';
import { along, summary } from './along.ts';
import { callingAgain, undone } from '../recording/call-again.ts';
import { assertOutsideLoss } from '../recording/call-loss.ts';
import type { InputGrams } from '../tangent/gram.ts';
import { gradientsOf } from '../tangent/gradients.ts';
import { asMatrix, checkSamples } from '../tangent/kernel-matrix.ts';
import { lossTerms, type LossTerms } from '../tangent/loss-terms.ts';
import { notReplayable } from '../tangent/not-replayable.ts';
import { fromResult } from '../tangent/reverse.ts';
import type { Structures } from '../tangent/jacobian.ts';
import { structureOf } from '../tangent/structure.ts';
import type { DirectionRule } from '../directions/index.ts';
import { disposeAll, engine } from '../recording/engine.ts';
import { freeing } from '../recording/freeing.ts';
import { byRule, linearized, movingOf, type Linearized, type Made } from './linearization.ts';
import { meter, metered } from '../recording/meter.ts';
import { partition, type ModulesOption } from '../modules/modules.ts';
import { onTape } from '../recording/on-tape.ts';
import { parameterMemory, type ParameterMemory } from '../modules/parameter-memory.ts';
import { entriesOf, taken, type Wanted } from '../modules/part.ts';
import { evaluate, recorded, unconnected, type Evaluation, type Problem } from './problem.ts';
import { whenAnswered, type Read } from '../recording/read.ts';
import { record, type Recording } from '../recording/recording.ts';
import { transaction } from './transaction.ts';

/** All questions that tfjs answers at a loss. */
export interface TfjsQuestions
  extends
    DirectionalOracle,
    TrialGradientOracle,
    AcceleratedOracle,
    ModularOracle,
    Pick<CompositeOracle, 'dimensions'>,
    WorkOracle,
    Housekeeping {}

/** The oracle, and what an optimizer does beside asking. */
export interface Stepping {
  readonly questions: TfjsQuestions;
  /** Calls the loss and differentiates it, for the next `linearize` to use. */
  evaluate(): Pick<Evaluation, 'value'> & { readonly gradients: readonly (Tensor | null)[] };
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
  readonly modules: ModulesOption | undefined;
  /** N, where it is known. */
  readonly samples?: number | (() => number) | undefined;
}

/** The call of the loss that a step began with. */
interface Taken {
  /** All variables, as requests go by, and those that were recorded. */
  readonly all: readonly Variable[];
  readonly loss: () => Tensor;
  readonly variables: readonly Variable[];
  readonly recording: Recording;
  /** By the tape; they belong to the linearization once there is one. */
  gradients?: readonly (Tensor | null)[] | undefined;
  /** The recording with the values of its steps, where it was made anew for these. */
  values?: Recording;
  terms?: LossTerms | undefined;
}

/** Bytes that slices of per-sample gradients may take. */
const MEMORY = 2 ** 27;

export function stepping({ problem, rule, read, modules, samples }: SteppingOptions): Stepping {
  const memory = parameterMemory();
  const writes = transaction(memory);
  const spent = meter();
  const partitionOf = partition(modules);
  const structures: Structures = new Map();
  const counts = new Map<string, number>();
  const known: InputGrams = new WeakMap();
  let now: Taken | undefined;
  let given: ReadonlyMap<Variable, Tensor> | undefined;
  let at: Linearized | undefined;
  let cost: Tensor | undefined;
  let kept: Tensor[] = [];

  /** Frees what the last step made, and keeps what undoes it. */
  const settle = (): void => {
    at?.dispose();
    if (now) {
      disposeAll(now.gradients ?? []);
      now.terms?.jacobian.dispose();
      for (const recording of [now.values, now.recording]) {
        recording?.dispose();
      }
      now.values?.value.dispose();
    }
    at = now = given = undefined;
  };
  const finish = (): void => {
    settle();
    writes.finish();
  };
  const abandon = (): void => {
    writes.abandon();
    finish();
    cost?.dispose();
    cost = undefined;
  };
  const posed = (): Problem => {
    const { loss, variables } = problem();
    return { loss, variables: [...new Set(variables)] };
  };
  /** Calls the loss on the wanted variables: by tfjs's tape, or to hold all that it computes. */
  const begin = (wantedOf: (all: readonly Variable[]) => Wanted, values: boolean): Taken => {
    assertOutsideLoss();
    finish();
    disposeAll([cost, ...kept]);
    cost = undefined;
    kept = [];
    const { loss, variables: all } = posed();
    const wanted = wantedOf(all);
    const variables = [...wanted.keys()].map((i) => all[i]!);
    const sliced = [...wanted.values()].some((part) => part !== undefined);
    const made: Omit<Evaluation, 'gradients'> & Partial<Evaluation> = spent.during('inputGradients', () =>
      writes.begin((draws, before) => (values || sliced ? recorded : evaluate)({ loss, variables }, draws, before)),
    );
    if (made.gradients) spent.ofWeights(made.recording.weightWork);
    cost = made.value;
    return (now = { all, loss, variables, recording: made.recording, gradients: made.gradients });
  };
  const everything = (all: readonly Variable[]): Wanted => partitionOf(all).wanted(undefined);

  /** The modules of a request among the variables that were recorded. */
  const wantedIn = ({ all, variables }: Taken, names: readonly string[] | undefined): Wanted => {
    const index = new Map(variables.map((variable, i) => [variable, i]));
    const wanted = [...partitionOf(all).wanted(names)].map(([i, part]) => [index.get(all[i]!), part] as const);
    const missing = wanted.findIndex(([i]) => i === undefined);
    if (missing >= 0)
      throw new OverparamError(
        'NOT_LINEARIZED',
        `'${all[missing]!.name}' was left out of this step's 'linearize': ask for kernels of its module before.`,
      );
    return new Map(wanted as [number, Wanted extends ReadonlyMap<number, infer P> ? P : never][]);
  };
  /** The recording with what its steps computed; by another forward pass where these values are gone. */
  const withValues = (taken: Taken): Recording => {
    const { recording, variables } = taken;
    if (!recording.replayable) throw notReplayable('loss');
    if (recording.graph) return recording;
    return (taken.values ??= engine().tidy(() => {
      const again = onTape(() => record(() => recording.trace(variables), variables, true));
      engine().keep(again.value);
      return again;
    }));
  };
  const termsOf = (taken: Taken): Answer<LossTerms> => {
    if (taken.terms) return taken.terms;
    const terms = lossTerms(withValues(taken).graph!, taken.variables, {
      samples: typeof samples === 'function' ? samples() : samples,
      counts,
      structures,
      known,
      read,
      memory: MEMORY,
    });
    return whenAnswered(terms, (found) => (taken.terms = found));
  };
  const askTerms = <T>(body: (taken: Taken, terms: LossTerms) => Answer<T>): Answer<T> =>
    spent.during('kernels', () =>
      freeing(() => {
        const taken = now ?? begin(everything, true);
        return whenAnswered(
          whenAnswered(termsOf(taken), (terms) => body(taken, terms)),
          (answer) => answer,
        );
      }, abandon),
    );

  /** g of what is wanted, by index; what does not move f is left out. */
  const gradientOf = (step: Taken, wanted: Wanted, around: boolean): Map<number, Tensor> => {
    const { recording, variables, loss } = step;
    const graph = around && recording.replayable ? withValues(step).graph : (recording.graph ?? step.values?.graph);
    if ((around || !step.gradients) && graph && recording.replayable) {
      const made = spent.during('inputGradients', () =>
        engine().tidy(() => gradientsOf(structureOf(graph), variables, fromResult(graph, scalar(1)), wanted, around)),
      );
      return new Map([...wanted.keys()].flatMap((i) => (made.has(i) ? [[i, made.get(i)!] as const] : [])));
    }
    const whole = step.gradients ?? again(callingAgain(loss, variables, writes.draws, kept).differentiate(variables));
    step.gradients = undefined;
    const parts = new Map(
      [...wanted].flatMap(([i, part]) => {
        const gradient = whole[i];
        if (!gradient) return [];
        return [[i, part ? engine().keep(engine().tidy(() => taken(gradient, part))) : gradient] as const];
      }),
    );
    const used = [...parts.values()];
    disposeAll(whole.filter((gradient) => gradient && !used.includes(gradient)));
    return parts;
  };

  const questions: TfjsQuestions = {
    get name() {
      return `tfjs on the backend '${engine().backendName}'`;
    },
    abandon,
    finish,
    work: spent.work,

    linearize(request) {
      const around = request?.around === true && request.modules !== undefined;
      const posing = (all: readonly Variable[]): Wanted =>
        around ? everything(all) : partitionOf(all).wanted(request?.modules);
      const step = now && !at ? now : begin(posing, around);
      return freeing(() => {
        const { recording, variables, loss } = step;
        const wanted = wantedIn(step, request?.modules);
        const gradients = gradientOf(step, wanted, around);
        if (gradients.size === 0) throw unconnected([...wanted.keys()].map((i) => variables[i]!));
        const moving: Wanted = new Map([...gradients.keys()].map((i) => [i, wanted.get(i)]));
        const g = [...gradients.values()];
        step.terms?.jacobian.dispose();
        step.terms = undefined;
        recording.forget();
        const source = recording.replayable ? recording : callingAgain(loss, variables, writes.draws, kept);
        let made: Made;
        try {
          made = byRule(movingOf(variables, moving), g, rule, memory, given);
        } catch (error) {
          disposeAll(g);
          throw error;
        }
        at = linearized(variables, moving, metered(spent, source, recording.weightWork), () => g, made);
        return summary(at, cost!, read);
      }, abandon);
    },
    modules: () => partitionOf(now?.all ?? posed().variables).names,
    dimensions: (request) =>
      askTerms((taken, { samples, width, jacobian }) => {
        const parts = [...wantedIn(taken, request?.modules)].filter(([i]) => jacobian.connected.has(i));
        const parameters = parts.reduce((sum, [i, part]) => sum + entriesOf(taken.variables[i]!, part), 0);
        return { samples, outputs: width, parameters };
      }),
    moduleKernels(request: ModuleKernelsRequest = {}) {
      if (request.along !== 'loss')
        throw badOption(
          "'along' of 'moduleKernels'",
          request.along === undefined ? 'absent' : 'a matrix',
          "'loss': this oracle knows a loss and no outputs, as compositeOracle does",
        );
      return askTerms((taken, { samples, jacobian, gradient }): Answer<readonly Matrix[]> => {
        checkSamples(request, samples);
        const names = request.modules ?? partitionOf(taken.all).names;
        const each = names.map((name) => wantedIn(taken, [name]));
        const V = gradient();
        return whenAnswered(jacobian.kernelsAlong(V, each, request.samples), (kernels) => {
          V.dispose();
          return kernels.map(asMatrix);
        });
      });
    },
    ...along({ at: () => at, moved: settle, memory, writes, read }),
  };
  return {
    questions,
    memory,
    get evaluated() {
      return now?.gradients !== undefined && at === undefined;
    },
    takeCost() {
      const taken = cost?.clone();
      cost?.dispose();
      cost = undefined;
      return taken;
    },
    evaluate() {
      const { gradients } = begin(everything, false);
      return { value: cost!, gradients: gradients! };
    },
    descendBy(gradients) {
      given = gradients;
    },
    aside: (body) => undone(writes.draws, kept, body),
    dispose() {
      finish();
      disposeAll([cost, ...kept]);
      memory.dispose();
    },
  };
}

const again = ({ value, gradients }: { value: Tensor; gradients: readonly (Tensor | null)[] }): (Tensor | null)[] => {
  value.dispose();
  return [...gradients];
};
