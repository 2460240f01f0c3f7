import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import {
  type AcceleratedOracle,
  type DirectionalOracle,
  type Housekeeping,
  type LinearizeRequest,
  type TrialGradientOracle,
} from '@overparam/core';
import { along, summary } from './along.ts';
import { undone } from './call-again.ts';
import { assertOutsideLoss } from './call-loss.ts';
import type { DirectionRule } from './directions/index.ts';
import { disposeAll, engine } from './engine.ts';
import { linearization, type Linearized } from './linearization.ts';
import { chosen } from './modules.ts';
import { parameterMemory, type ParameterMemory } from './parameter-memory.ts';
import { evaluate, type Evaluation, type Problem } from './problem.ts';
import type { Read } from './read.ts';
import { transaction } from './transaction.ts';

/** All questions that tfjs answers at a loss. */
export interface TfjsQuestions extends DirectionalOracle, TrialGradientOracle, AcceleratedOracle, Housekeeping {}

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
  const writes = transaction(memory);
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
    writes.finish();
  };
  const abandon = (): void => {
    writes.abandon();
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
    evaluation = writes.begin((draws, before) => {
      const { loss, variables: named } = problem();
      const variables = [...new Set(named)];
      posed = { loss, variables: request?.modules ? chosen(request.modules, variables, modules) : variables };
      return evaluate(posed, draws, before);
    });
    cost = evaluation.value;
    return evaluation;
  };

  const questions: TfjsQuestions = {
    get name() {
      return `tfjs on the backend '${engine().backendName}'`;
    },
    abandon,
    finish,

    linearize(request) {
      const evaluated = evaluation && !at && !request?.modules ? evaluation : begin(request);
      try {
        at = linearization(posed!, evaluated, rule, memory, given, writes.draws, kept);
        return summary(at, cost!, read);
      } catch (error) {
        abandon();
        throw error;
      }
    },
    ...along({ at: () => at, moved: settle, memory, writes, read }),
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
    aside: (body) => undone(writes.draws, kept, body),
    dispose() {
      finish();
      disposeAll([cost, ...kept]);
      memory.dispose();
    },
  };
}
