import {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamaxOptimizer,
  AdamOptimizer,
  engine,
  getBackend,
  getKernel,
  MomentumOptimizer,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  Optimizer,
  RMSPropOptimizer,
  SGDOptimizer,
  type Tensor,
  tidy,
  type Variable,
  variable,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { registerCompiledSteps } from '../programs/compiled-steps.ts';
import { dependOn, effect } from '../programs/effects.ts';
import { parameter } from '../programs/parameter.ts';

/** What tfjs's optimisers keep in fields that their types hide. */
interface Sgd {
  learningRate: number;
  incrementIterations(): void;
}
interface Momentum extends Sgd {
  momentum: number;
  useNesterov: boolean;
  accumulations: Moment[];
}
interface Adam extends Sgd {
  beta1: number;
  beta2: number;
  epsilon: number;
  iterations: number;
  accBeta1: Variable;
  accBeta2: Variable;
  accumulatedFirstMoment: Moment[];
  accumulatedSecondMoment: Moment[];
}
interface Moment {
  readonly originalName: string;
  readonly variable: Variable;
}
/** A variable and its next value. */
type Assignment = readonly [variable: Variable, value: Tensor];
type Gradients = readonly { readonly name: string; readonly tensor: Tensor }[] | NamedTensorMap;

let registered = false;

/**
 * Makes tf.train.sgd, momentum and adam update a parameter by one or two kernels instead of a dozen, on backends that have them.
 * Their state, names and weights stay those of tfjs. All optimisers tell the program that is being recorded what they depend on, and that they
 * count. Idempotent.
 */
export function registerOptimizers(): void {
  if (registered) return;
  registered = true;
  registerCompiledSteps();
  const { incrementIterations } = Optimizer.prototype as unknown as Sgd;
  (Optimizer.prototype as unknown as Sgd).incrementIterations = function () {
    effect(() => incrementIterations.call(this));
  };
  for (const optimizer of [AdadeltaOptimizer, AdagradOptimizer, AdamaxOptimizer, RMSPropOptimizer]) keepRate(optimizer);
  replaceUpdate<Sgd>(SGDOptimizer, (optimizer, value, gradient) => [
    moved(
      value,
      gradient,
      parameter(() => -optimizer.learningRate),
    ),
  ]);
  replaceUpdate<Momentum>(MomentumOptimizer, (optimizer, value, g, name, i) => {
    const { variable: velocity } = moment(optimizer.accumulations, i, `${name}/momentum`, value);
    const { momentum, useNesterov } = optimizer;
    const [next, d] = run('OverparamMomentum', { velocity, g }, { momentum, useNesterov }) as [Tensor, Tensor];
    return [[velocity, next], movedBy(value, d, parameter(() => optimizer.learningRate))]; // prettier-ignore
  });
  replaceUpdate<Adam>(
    AdamOptimizer,
    (optimizer, value, g, name, i) => {
      const { variable: m } = moment(optimizer.accumulatedFirstMoment, i, `${name}/m`, value);
      const { variable: v } = moment(optimizer.accumulatedSecondMoment, i, `${name}/v`, value);
      const { beta1, beta2, epsilon } = optimizer;
      const attrs = { beta1, beta2, epsilon, step: parameter(() => optimizer.iterations + 1) };
      const [nextM, nextV, d] = run('OverparamAdam', { m, v, g }, attrs) as [Tensor, Tensor, Tensor];
      return [[m, nextM], [v, nextV], movedBy(value, d, parameter(() => optimizer.learningRate))]; // prettier-ignore
    },
    ({ accBeta1, accBeta2, beta1, beta2 }) => [
      [accBeta1, mul(accBeta1, beta1)],
      [accBeta2, mul(accBeta2, beta2)],
    ],
  );
}

function replaceUpdate<O extends Sgd>(
  optimizer: { readonly prototype: Optimizer },
  update: (optimizer: O, value: Variable, gradient: Tensor, name: string, i: number) => readonly Assignment[],
  finish: (optimizer: O) => readonly Assignment[] = () => [],
): void {
  const { applyGradients } = optimizer.prototype;
  optimizer.prototype.applyGradients = function (this: Optimizer, gradients: Gradients): void {
    const named = Array.isArray(gradients)
      ? gradients.map(({ name, tensor }) => [name, tensor] as const)
      : Object.entries(gradients);
    if (!getKernel('OverparamAxpy', getBackend()) || named.some(([, g]) => g != null && g.dtype !== 'float32'))
      return applyGradients.call(this, gradients as Parameters<typeof applyGradients>[0]);
    const self = this as unknown as O;
    dependOn(() => configOf(this, false));
    tidy(() => {
      const next = named.flatMap(([name, g], i) =>
        g == null ? [] : update(self, engine().registeredVariables[name]!, g, name, i),
      );
      // Everything is computed before anything is assigned: a failure leaves all variables as they were.
      for (const [variable, value] of [...next, ...finish(self)]) variable.assign(value);
    });
    self.incrementIterations();
  };
}

/** The rate of these is a number among the attributes of their kernels. */
function keepRate({ prototype }: { readonly prototype: Optimizer }): void {
  const { applyGradients } = prototype;
  prototype.applyGradients = function (this: Optimizer, gradients): void {
    dependOn(() => configOf(this, true));
    applyGradients.call(this, gradients);
  };
}

/** What an optimizer's update depends on, with or without the learning rate. */
function configOf(optimizer: Optimizer, withRate: boolean): string {
  const { learningRate, ...rest } = optimizer.getConfig();
  return JSON.stringify(withRate ? [learningRate, rest] : rest);
}

/** The i-th moment, zeros at first. */
function moment(moments: Moment[], i: number, originalName: string, value: Variable): Moment {
  return (moments[i] ??= { originalName, variable: tidy(() => variable(zerosLike(value), false)) });
}

/** value <- value + step d */
function moved(value: Variable, d: Tensor, step: number): Assignment {
  return [value, run('OverparamAxpy', { x: value, d }, { step })[0]!];
}

/** As `moved`, by a direction that nothing else needs. */
function movedBy(value: Variable, d: Tensor, step: number): Assignment {
  const next = moved(value, d, step);
  d.dispose();
  return next;
}

function run(kernel: string, inputs: Record<string, Tensor>, attrs: object): Tensor[] {
  return [engine().runKernel(kernel, inputs, attrs as NamedAttrMap)].flat() as Tensor[];
}
