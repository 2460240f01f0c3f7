import {
  badOption,
  OverparamError,
  withDefaults,
  type ColumnScaling,
  type DisplacementOracle,
  type JacobianOracle,
  type JacobianRequest,
  type Matrix,
  type ModularOracle,
  type OutputsAlongOracle,
  type SampleLossOracle,
  type SizesOracle,
} from '@overparam/core';
import { checkParameters, checkShape, mismatch } from './check.ts';
import { contracted } from './contracted.ts';
import { directionRule, type Direction } from './directions/by-name.ts';
import { explicitModel, type ExplicitModel } from './explicit-model.ts';
import type { Loss } from './losses/loss.ts';
import type { Model, Tangent } from './model.ts';
import { chosen, restricted, scattered, size, type Modules, type Range } from './modules.ts';
import { stepping, type Float64Oracle, type Point } from './stepping.ts';
import type { Synchronous } from './synchronous.ts';
import { plus } from './vector.ts';

/** Answers, at once, everything that may be asked about a loss of outputs. */
export interface Float64CompositeOracle
  extends
    Float64Oracle,
    Synchronous<
      OutputsAlongOracle & DisplacementOracle & JacobianOracle & SizesOracle & ModularOracle & SampleLossOracle
    > {}

export interface CompositeOptions {
  /** A network, two functions, or a model of your own. */
  readonly model: Model | ExplicitModel;
  readonly loss: Loss;
  /** w_0, which is copied. */
  readonly start: ArrayLike<number>;
  /** Names for ranges of the parameters of two functions. A {@link Model} has its own. */
  readonly modules?: Modules | undefined;
  /**
   * Which samples the next step sees, by index: called at the first question of a step, and not again for one that was
   * abandoned. All when absent.
   */
  readonly batch?: (() => readonly number[]) | undefined;
  /** How `linearize` makes the direction of gradients: a rule, its name, or a method's `direction`. @default 'gradient' */
  readonly direction?: Direction;
}

/**
 * The oracle of f(w) = L(outputs(w)).
 *
 * Values that are not finite are answers like others: a method shortens its step, or gives up. Kernels of outputs that
 * are not finite are errors.
 *
 * @throws OverparamError `BAD_OPTION`, `NOT_FINITE`, `SHAPE_MISMATCH`
 */
export function composite(options: CompositeOptions): Float64CompositeOracle {
  const {
    model: given,
    loss: whole,
    start,
    modules,
    batch,
    direction,
  } = withDefaults<CompositeOptions>(
    'composite',
    {
      model: undefined as never,
      loss: undefined as never,
      start: undefined as never,
      modules: undefined,
      batch: undefined,
      direction: 'gradient',
    },
    options,
  );
  if (!given || typeof given !== 'object')
    throw badOption('model', given, '{ outputs, jacobian }, a denseNetwork(...) or a Model');
  if (!whole || typeof whole.value !== 'function') throw badOption('loss', whole, 'a loss, as squaredError(targets)');
  const full = 'at' in given ? given : explicitModel(given, start, modules);
  if ('at' in given && modules) throw badOption('modules', 'given', 'nothing beside a model that has its own');
  const { outputs, parameters } = full;
  const { shape } = whole;
  if (shape && (shape.samples !== full.samples || (shape.outputs ?? outputs) !== outputs))
    throw mismatch(
      `The model has ${full.samples} x ${outputs} outputs, and the loss takes ${shape.samples} x ${shape.outputs}.`,
    );
  if (batch && !(full.take && whole.take)) throw badOption('batch', 'given', "a model and a loss that have 'take'");
  let model = full;
  let loss = whole;
  let taken: readonly number[] | undefined;
  const takeBatch =
    batch &&
    ((): void => {
      const samples = (taken = batch());
      [model, loss] = [full.take!(samples), whole.take!(samples)];
    });
  const here = (w: Float64Array): Point & { readonly tangent: Tangent } => {
    const tangent = model.at(w);
    return {
      tangent,
      get value() {
        return loss.value(tangent.outputs);
      },
      gradient: (ranges) => tangent.pull(loss.gradient(tangent.outputs), ranges),
    };
  };
  const { questions, at, direct, displacement, sizes, trial } = stepping(
    {
      name: 'float64',
      modules: full.modules,
      at: here,
      takeBatch,
      deterministic: !batch,
      rule: directionRule(direction),
    },
    checkParameters(start, parameters),
  );
  const tangent = (): Tangent => at().tangent;
  const samples = (): number => {
    at();
    return model.samples;
  };
  const defined = (): Tangent => {
    const { data } = tangent().outputs;
    const i = data.findIndex((x) => !Number.isFinite(x));
    if (i < 0) return tangent();
    throw new OverparamError(
      'NOT_FINITE',
      `Output ${i % outputs} of sample ${Math.floor(i / outputs)} is ${data[i]} at the current parameters: there is no kernel.`,
    );
  };
  const copied = (a: Matrix): Matrix => ({ ...a, data: a.data.slice() });
  const shaped = (u: Matrix): Matrix => checkShape('u', u, samples(), outputs);
  const inverseScaling = (request: JacobianRequest | undefined, ranges: readonly Range[]): Float64Array | undefined =>
    request?.scaling && inverse(tangent().squaredColumnNorms(ranges), request.scaling);

  return Object.assign(questions, {
    modules: () => Object.keys(full.modules),
    dimensions: (request) => ({
      samples: samples(),
      outputs,
      parameters: size(chosen(full.modules, request)),
    }),
    loss: () => at().value,
    sampleLosses() {
      const { outputs } = tangent();
      if (!loss.terms)
        throw badOption('loss', loss.name, "a loss that has 'terms', its addends, where a method asks 'sampleLosses'");
      const n = samples();
      return {
        samples: taken ?? Array.from({ length: n }, (_, i) => i),
        losses: Array.from(loss.terms(outputs), (term) => n * term),
      };
    },
    outputs: () => copied(tangent().outputs),
    lossGradient: () => loss.gradient(tangent().outputs),
    lossHessianFactor: () => loss.hessianFactor(tangent().outputs),
    kernel(request) {
      const ranges = chosen(full.modules, request);
      return defined().kernel(ranges, request?.samples, inverseScaling(request, ranges));
    },
    moduleKernels({ modules = Object.keys(full.modules), samples: rows, along } = {}) {
      const V = along === 'loss' ? loss.gradient(tangent().outputs) : along && shaped(along);
      return modules.map((module) => {
        const kernel = defined().kernel(chosen(full.modules, { modules: [module] }), rows);
        return V ? contracted(kernel, V, rows) : kernel;
      });
    },
    kernelProduct(u, request) {
      const ranges = chosen(full.modules, request);
      const D1 = inverseScaling(request, ranges);
      const v = defined().pull(shaped(u), ranges);
      return tangent().push(D1 ? v.map((x, i) => x * D1[i]!) : v, ranges);
    },
    pullback(u, request) {
      const ranges = chosen(full.modules, request);
      const D1 = inverseScaling(request, ranges);
      const v = defined().pull(shaped(u), ranges);
      const d = D1 ? v.map((x, i) => x * D1[i]!) : v;
      const momentum = request?.momentum ?? 0;
      if (!Number.isFinite(momentum)) throw badOption('momentum', momentum, 'a finite number');
      return direct(momentum === 0 ? d : plus(d, momentum, restricted(displacement(), ranges)), ranges);
    },
    probeOutputs: (step) => copied(trial('probeOutputs', step).tangent.outputs),
    displacementProduct(request) {
      const ranges = chosen(full.modules, request);
      return tangent().push(restricted(displacement(), ranges), ranges);
    },
    sizes,
    largestSquaredColumn: (request) =>
      defined()
        .squaredColumnNorms(chosen(full.modules, request))
        .reduce((most, x) => Math.max(most, x), 0),
    jacobian: (request) => copied(defined().jacobian(chosen(full.modules, request))),
    direct(d, request) {
      const ranges = chosen(full.modules, request);
      return direct(scattered(d, ranges, parameters), ranges);
    },
  } satisfies Omit<Float64CompositeOracle, keyof Float64Oracle>);
}

/** D^-1 for D = clip(d, min, max). */
function inverse(d: Float64Array, { min, max }: ColumnScaling): Float64Array {
  if (!(min > 0 && min <= max)) throw badOption('scaling', `{ min: ${min}, max: ${max} }`, '0 < min <= max');
  return d.map((x) => 1 / Math.min(Math.max(x, min), max));
}
