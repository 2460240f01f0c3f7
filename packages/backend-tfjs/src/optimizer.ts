import {
  Optimizer,
  serialization,
  tidy,
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  OverparamError,
  badOption,
  checkpoint,
  restore,
  run,
  withDefaults,
  type Method,
  type NamedDirection,
} from '@overparam/core';
import { assertOutsideLoss } from './recording/call-loss.ts';
import { directionRule, type Direction, type DirectionRule } from './directions/index.ts';
import type { NamedTensor } from './recording/engine.ts';
import { checkMethod, checkQuestions } from './check-method.ts';
import { givenGradients, type Computed } from './given-gradients.ts';
import { make, remember, type MethodFactory } from './method-registry.ts';
import { atPlaces, byPlace, type ModulesByPlace, type ModulesOption } from './modules/modules.ts';
import { lossOracle, type LossOracle, type TfjsQuestions } from './oracles/loss-oracle.ts';
import { trainableVariables, type Problem } from './oracles/problem.ts';
import { endingIn } from './ending-in.ts';
import type { WithAverageOptions } from './oracles/average.ts';
import { describe, weights, type Weights } from './oracles/weights.ts';

export interface OptimizerOptions<Report> {
  /** How the direction is made of gradients. @default the method's own `direction`, or 'gradient' if it has none */
  readonly direction?: Direction;
  /**
   * Names for groups of variables, or of slices of these, or a function that makes them of the variables; when absent,
   * each variable is a module of its name.
   */
  readonly modules?: ModulesOption | undefined;
  /** N, the samples of a batch, for the questions about kernels of modules; they find it where it is absent. */
  readonly samples?: number | (() => number) | undefined;
  /** Called after each step. */
  readonly onReport?: ((report: Report) => void) | undefined;
}

/**
 * A `tf.Optimizer` that takes its steps by a method: for `model.compile`, and for loops that call `minimize`.
 *
 * It calls the loss once a step. After any exception the variables, the moments and `state` are as before the step.
 *
 * For what one trains with Adam, transformers and recurrent networks above all, the method is `ponosAdam`, along Adam's
 * direction; line searches such as `ponos` are for the gradient, and do not work along that one.
 *
 * @throws OverparamError `MISSING_QUESTION`, `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function optimizer<State, Report, Needs extends object>(
  method: Method<State, Report, Needs>,
  options: OptimizerOptions<Report> = {},
): MethodOptimizer<State, Report> {
  serialization.registerClass(MethodOptimizer);
  return new MethodOptimizer(method as unknown as Method<State, Report, TfjsQuestions>, options);
}

/**
 * Registers methods by their names, so that `tf.loadLayersModel` brings back an optimizer that was saved with its model:
 * `registerMethods({ ponos })` before loading.
 */
export function registerMethods(methods: Readonly<Record<string, MethodFactory>>): void {
  serialization.registerClass(MethodOptimizer);
  remember(methods);
}

/** Made by {@link optimizer}. */
export class MethodOptimizer<State = unknown, Report = unknown> extends Optimizer {
  /** @nocollapse */
  static get className(): string {
    return 'OverparamMethodOptimizer';
  }

  readonly method: Method<State, Report, TfjsQuestions>;
  readonly #rule: DirectionRule;
  readonly #onReport: ((report: Report) => void) | undefined;
  readonly #oracle: LossOracle;
  readonly #weights: Weights;
  readonly #modules: ModulesOption | undefined;
  #problem: Problem | undefined;
  /** Which `computeGradients` each gradient that was handed out came from. */
  readonly #handedOut = new WeakMap<Tensor, Computed>();
  #computed: Computed | undefined;
  /** Those of the last step. */
  #variables: readonly Variable[] = [];
  #state: State;
  #report: Report | undefined;

  constructor(method: Method<State, Report, TfjsQuestions>, options: OptimizerOptions<Report>) {
    super();
    checkMethod(method);
    const { direction, onReport, modules, samples } = withDefaults<OptimizerOptions<Report>>(
      'optimizer',
      { direction: method.direction ?? 'gradient', onReport: undefined, modules: undefined, samples: undefined },
      options,
    );
    if (onReport !== undefined && typeof onReport !== 'function') throw badOption('onReport', onReport, 'a function');
    this.method = method;
    this.#rule = directionRule(direction);
    this.#onReport = onReport;
    this.#modules = modules;
    const problem = (): Problem => this.#problem ?? { loss: unposed, variables: this.#variables };
    this.#oracle = lossOracle({ problem, rule: this.#rule, modules, samples });
    this.#weights = weights(this.#rule, this.#oracle.memory);
    this.#state = method.init();
    checkQuestions(method, this.#oracle.questions);
  }

  /** The method's state after the last step. */
  get state(): State {
    return this.#state;
  }

  /** The report of the last step; undefined before the first. */
  get report(): Report | undefined {
    return this.#report;
  }

  /** One step of the method on `f`. Returns f at the variables' values before the step, where `returnCost` says so. */
  override minimize(f: () => Scalar, returnCost = false, varList?: Variable[]): Scalar | null {
    this.#pose(f, varList);
    // An evaluation that no `applyGradients` followed is of another loss.
    this.#oracle.questions.finish?.();
    this.#step();
    const cost = (this.#oracle.takeCost() ?? tidy(f)) as Scalar;
    if (returnCost) return cost;
    cost.dispose();
    return null;
  }

  /** The gradients of `f`; the recording of it waits for `applyGradients`, or for the next step. */
  override computeGradients(f: () => Scalar, varList?: Variable[]): { value: Scalar; grads: NamedTensorMap } {
    this.#pose(f, varList);
    const { value, gradients } = this.#oracle.evaluate();
    const { variables } = this.#problem!;
    const computed = new Map<string, Variable>();
    const grads: NamedTensorMap = {};
    variables.forEach((variable, i) => {
      const gradient = gradients[i];
      if (!gradient || computed.has(variable.name)) return;
      computed.set(variable.name, variable);
      grads[variable.name] = gradient.clone();
    });
    this.#computed = { variables: computed, values: new Map(variables.map((variable) => [variable, variable.dataId])) };
    for (const gradient of Object.values(grads)) this.#handedOut.set(gradient, this.#computed);
    return { value: value.clone() as Scalar, grads };
  }

  /**
   * One step of the method on the function that `computeGradients` was last called with, along the direction that the
   * rule makes of these gradients (clipped, scaled or otherwise changed), whether it descends or not. Variables that are
   * left out do not move. A line search looks along that direction, and its slope is <g, d> with the computed g.
   * @throws OverparamError `CLOSURE_NEEDED` without a `computeGradients` before, `GRADIENTS_MISMATCH`, and nothing moves
   */
  override applyGradients(gradients: NamedTensorMap | NamedTensor[]): void {
    if (!this.#oracle.evaluated || !this.#problem || !this.#computed)
      throw new OverparamError(
        'CLOSURE_NEEDED',
        `'${this.method.name}' evaluates the loss at other points, which gradients do not say: call minimize(f), or computeGradients(f) before applyGradients.`,
      );
    const computed = this.#computed;
    const stale = (gradient: Tensor): boolean => (this.#handedOut.get(gradient) ?? computed) !== computed;
    this.#oracle.descendBy(givenGradients(gradients, computed, stale));
    this.#step();
  }

  #pose(loss: () => Scalar, varList: Variable[] | undefined): void {
    assertOutsideLoss();
    this.#variables = varList?.filter(({ trainable }) => trainable) ?? trainableVariables();
    this.#problem = { loss, variables: this.#variables };
  }

  #step(): void {
    try {
      const { state, report } = run(this.method, this.#oracle.questions, this.#state);
      this.#state = state;
      this.#report = report;
      this.incrementIterations();
    } finally {
      this.#problem = this.#computed = undefined;
    }
    this.#onReport?.(this.#report!);
  }

  /**
   * Runs `body` with the averaged weights in the variables, as `() => model.evaluate(x, y)`, and puts the weights back,
   * whether it returns, throws, or its promise settles. Methods such as `ponosAdam` keep an average in runs without a
   * known end; without one the variables stay as they are. No step can be taken meanwhile.
   * @throws OverparamError `AVERAGE_IN_PLACE` within another call; `STATISTICS_NEEDED` where batch normalization trains
   * and `statistics` is absent
   */
  withAverage<T>(body: () => T, options?: WithAverageOptions): T {
    this.#oracle.questions.finish?.();
    return this.#oracle.averages.withAverage(body, options);
  }

  /** Puts the averaged weights into the variables to stay, at the end of a training. @throws OverparamError as `withAverage` */
  takeAverage(options?: WithAverageOptions): void {
    this.#oracle.questions.finish?.();
    this.#oracle.averages.takeAverage(options);
  }

  /** The same by a trainer that knows the end: the method's options may say otherwise, and it need not decay. */
  endsIn(steps: number): void {
    this.#state = endingIn(this.method, this.#state, steps, 'known');
  }

  /**
   * Says that the run ends `steps` steps from now, to a method that decays towards its end: cools down on demand.
   * @throws OverparamError `BAD_OPTION`, also for a method that does not decay
   */
  finish(steps: number): void {
    this.#state = endingIn(this.method, this.#state, steps, 'asked');
  }

  /** The method's state and all moments. The tensors are lent: do not dispose of them. */
  override async getWeights(): Promise<NamedTensor[]> {
    return this.#weights.give({ iterations: this.iterations, checkpoint: checkpoint(this.method, this.#state) });
  }

  /**
   * Takes what `getWeights` gave, of this or another process: training goes on as if uninterrupted.
   * An error leaves everything as it was.
   * @throws OverparamError `STATE_FOREIGN`, `STATE_MISMATCH`, `CHECKPOINT_FOREIGN`, `CHECKPOINT_DAMAGED`, `CHECKPOINT_NEWER`
   */
  override async setWeights(given: NamedTensor[]): Promise<void> {
    let state = this.#state;
    let iterations = this.iterations;
    await this.#weights.take(given, (saved) => {
      state = restore(this.method, saved['checkpoint']);
      iterations = saved['iterations'] as number;
      if (!(Number.isSafeInteger(iterations) && iterations >= 0))
        throw new OverparamError(
          'STATE_FOREIGN',
          `The weights say that ${String(iterations)} steps were taken: they were not saved by @overparam/backend-tfjs.`,
        );
    });
    this.#state = state;
    this.iterations_ = iterations;
  }

  override getConfig(): serialization.ConfigDict {
    const { name, options } = this.method;
    const modules = this.#modules && this.#variables.length > 0 && placesOf(this.#modules, this.#variables);
    return {
      method: asConfig({ name, options }),
      direction: asConfig(describe(this.#rule)),
      ...(modules && { modules: asConfig(modules) }),
    };
  }

  /** @nocollapse */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const { name, options } = fromConfigText(config['method']) as { name: string; options?: object };
    const direction = directionRule(fromConfigText(config['direction']) as NamedDirection);
    const modules = config['modules'] && atPlaces(fromConfigText(config['modules']) as ModulesByPlace);
    return new cls(make(name, options), { direction, ...(modules && { modules }) });
  }

  override dispose(): void {
    this.#oracle.dispose();
    this.#weights.dispose();
  }
}

const unposed = (): never => {
  throw new OverparamError('CLOSURE_NEEDED', 'The optimizer has no loss yet: call minimize(f).');
};

const placesOf = (modules: ModulesOption, variables: readonly Variable[]): ModulesByPlace =>
  byPlace(typeof modules === 'function' ? modules(variables) : modules, variables);

/** tfjs turns snake_case in a loaded configuration into camelCase, strings too: as JSON without an underscore it is safe. */
const asConfig = (value: object): string => JSON.stringify(value).replaceAll('_', '\\u005f');

function fromConfigText(text: unknown): object {
  if (typeof text !== 'string') throw badOption('The configuration of the optimizer', text, 'what getConfig returned');
  return JSON.parse(text) as object;
}
