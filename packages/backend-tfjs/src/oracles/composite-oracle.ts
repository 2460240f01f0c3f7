import { abs, keep, max, neg, sqrt, stack, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import {
  badOption,
  required,
  withDefaults,
  finiteStep,
  notLinearized,
  type AcceleratedOracle,
  type AveragingOracle,
  type DirectionalOracle,
  type DisplacementOracle,
  type Housekeeping,
  type JacobianOracle,
  type Linearization,
  type LinearizeRequest,
  type Matrix,
  type ModularOracle,
  type OutputsAlongOracle,
  type SizesOracle,
  type TrialGradientOracle,
  type WorkOracle,
} from '@overparam/core';
import { directionRule, type Direction } from '../directions/index.ts';
import { partition, type ModulesOption } from '../modules/modules.ts';
import { parameterMemory } from '../modules/parameter-memory.ts';
import { readNumbers, type Vector } from '../modules/parameters.ts';
import { entriesOf, type Selection } from '../modules/part.ts';
import { disposeAll, engine, share, type NamedTensor } from '../recording/engine.ts';
import { as, metered } from '../recording/meter.ts';
import { read, type Reading } from '../recording/reading.ts';
import { byKernel, keyOf } from '../tangent/by-kernel.ts';
import type { InputGrams } from '../tangent/gram.ts';
import type { Structures } from '../tangent/jacobian.ts';
import { asMatrix, checkSamples } from '../tangent/kernel-matrix.ts';
import { inverseScaling, scaled } from '../tangent/scaling.ts';
import { along } from './along.ts';
import { averages, type Averaged } from './average.ts';
import { takeBatch } from './batch.ts';
import { asTensor, gradient, matrixOf, opposite, transposed, type CompositeCall } from './composite-call.ts';
import { displacementOf, withMomentum } from './displacement.ts';
import { byRule, linearized, movingOf, type Directed, type Linearized } from './linearization.ts';
import type { Outputs } from './outputs.ts';
import { trainableVariables } from './problem.ts';
import { stepLife } from './step.ts';
import { summary } from './summary.ts';
import { weights } from './weights.ts';

export interface CompositeOracleOptions {
  /** The model's outputs on the current batch: a tensor, or several, whose first axis goes along the samples. */
  readonly outputs: () => Outputs;
  /** L: a scalar, computed from what `outputs` returned; a sum over the samples. It is called once after `outputs`. */
  readonly loss: (outputs: Outputs) => Tensor;
  /** What to minimize over; all trainable variables, looked up at each step, when absent. */
  readonly variables?: readonly Variable[] | undefined;
  /** How `linearize` makes its direction of gradients; 'gradient' when absent. */
  readonly direction?: Direction;
  /** True: numbers are read with `data()`, and answers are promises, as WebGPU and WebGL want it. */
  readonly asynchronous?: boolean;
  /** Names for groups of variables, or of slices of these; when absent, each variable is a module of its name. */
  readonly modules?: ModulesOption | undefined;
  /** Bytes that sensitivities, or rows of J, may take at a time; 128 MiB when absent. */
  readonly memory?: number;
}

/** A model and its loss as methods see them. */
export interface TfjsCompositeOracle
  extends
    OutputsAlongOracle,
    DisplacementOracle,
    JacobianOracle,
    DirectionalOracle,
    ModularOracle,
    SizesOracle,
    TrialGradientOracle,
    AcceleratedOracle,
    AveragingOracle,
    WorkOracle,
    Housekeeping,
    Averaged {
  /** The moments of the direction rule and what else outlives a step. The tensors are lent: do not dispose of them. */
  save(): NamedTensor[];
  /**
   * Takes what `save` gave, of this or another process. The variables' own values are the model's to save.
   * @throws OverparamError `STATE_FOREIGN`, `STATE_MISMATCH` (at the next step)
   */
  restore(saved: readonly NamedTensor[]): Promise<void>;
  /** Frees all that the oracle holds. The variables stay. */
  dispose(): void;
}

const defaults: Required<CompositeOracleOptions> = {
  outputs: required,
  loss: required,
  variables: undefined,
  direction: 'gradient',
  asynchronous: false,
  modules: undefined,
  memory: 2 ** 27,
};

/**
 * The oracle of f = L(outputs(w)), for methods that ask about the outputs: Gauss-Newton, spectra of tangent kernels.
 *
 * `outputs` and `loss` are called once a step. Kernels are made of the inputs and sensitivities of layers, and no
 * Jacobian of parameter size is. Samples have to be independent of each other, as in inference.
 *
 * @throws OverparamError with the codes in the package's README
 */
export function compositeOracle(options: CompositeOracleOptions): TfjsCompositeOracle {
  const all = withDefaults<CompositeOracleOptions>('compositeOracle', defaults, options);
  const { outputs, loss, variables, direction, asynchronous, modules, memory: bytes } = all;
  for (const [name, f] of Object.entries({ outputs, loss }))
    if (typeof f !== 'function') throw badOption(name, f, 'a function that returns tensors');
  if (!(bytes > 0)) throw badOption('memory', bytes, 'a number of bytes > 0');
  const partitionOf = partition(modules);
  const rule = directionRule(direction);
  const memory = parameterMemory(() => variables ?? trainableVariables());
  const average = averages(memory);
  const saved = weights(rule, memory);
  const life = stepLife<CompositeCall>({ memory, asynchronous });
  const { step, spent } = life;
  /** What is learned of the model, from one step to the next. */
  const learned = { known: new WeakMap() as InputGrams, structures: new Map() as Structures };
  let keepsPrevious = false;

  const begin = (): CompositeCall =>
    step.call ??
    life.begin((draws, before) => {
      average.assertOut();
      const composite = { outputs, loss, variables: [...new Set(variables ?? trainableVariables())] };
      const batch = as('forward', () => takeBatch(composite, draws, before, { memory: bytes, ...learned }));
      return { batch, dispose: () => batch.dispose() };
    });
  /** A question about f and its derivatives. */
  const ask = <T>(answer: (call: CompositeCall) => Reading<T>, kind: 'inputGradients' | 'kernels' = 'inputGradients') =>
    life.ask(kind, function* () {
      return yield* answer(begin());
    });
  /** A question that the structure of the model answers. */
  const askStructure = <T>(answer: (call: CompositeCall) => Reading<T>) =>
    ask(function* (call) {
      yield* call.batch.jacobian.examine();
      return yield* answer(call);
    }, 'kernels');
  /** The parts of a request that affect f. */
  const selected = ({ batch: { variables, jacobian } }: CompositeCall, request?: LinearizeRequest): Selection =>
    new Map([...partitionOf(variables).selection(request?.modules)].filter(([i]) => jacobian.connected.has(i)));
  const parameters = ({ batch }: CompositeCall, selection: Selection): number =>
    [...selection].reduce((sum, [i, part]) => sum + entriesOf(batch.variables[i]!, part), 0);
  const displacement = ({ batch }: CompositeCall, selection: Selection): Map<number, Tensor> => {
    keepsPrevious = true;
    return displacementOf(batch.variables, selection, memory);
  };
  const linearizedAt = (call: CompositeCall, moving: Selection, g: () => Vector, directed: Directed): Linearized => {
    const { batch } = call;
    step.at?.dispose();
    const source = metered(spent, batch.elsewhere, batch.weightWork);
    return (step.at = linearized(batch.variables, moving, source, g, directed));
  };
  /** The direction is -u, by no rule: moments stay as they are. */
  function* directed(
    call: CompositeCall,
    moving: Selection,
    u: Tensor[],
    known?: Pick<Linearization, 'slope' | 'squaredGradientNorm'>,
  ): Reading<Linearization> {
    const remembered = [...moving.keys()].map((i) => {
      const past = memory.of(call.batch.variables[i]!);
      const moments = past?.t ? rule.remembers.map((name) => [name, share(past.tensors[name]!)] as const) : [];
      return { t: past?.t ?? 0, tensors: Object.fromEntries(moments) };
    });
    const at = linearizedAt(call, moving, () => gradient(call, moving), { u, memory: remembered });
    const f = call.batch.loss.recording.value;
    if (known) return { value: (yield* read(share(f)))[0]!, ...known };
    const [value, descent, squaredGradientNorm] = yield* readNumbers([f, [at.g, at.u], [at.g, at.g]]);
    return { value: value!, slope: -descent!, squaredGradientNorm: squaredGradientNorm! };
  }

  const questions: Omit<TfjsCompositeOracle, keyof Averaged | 'save' | 'restore' | 'dispose'> = {
    get name() {
      return `tfjs on the backend '${engine().backendName}'`;
    },
    abandon: life.abandon,
    finish: life.finish,
    work: spent.work,
    ...along({ life, memory, averages: average, keepsPrevious: () => keepsPrevious }),

    linearize: (request) =>
      ask(function* (call) {
        const moving = selected(call, request);
        const g = gradient(call, moving, request?.around);
        const direction = byRule(movingOf(call.batch.variables, moving), g, rule, memory);
        const at = linearizedAt(call, moving, () => g, direction);
        return yield* summary(at, call.batch.loss.recording.value, request);
      }),
    dimensions: (request) =>
      ask(function* (call) {
        const { samples, width } = call.batch;
        return { samples, outputs: width, parameters: parameters(call, selected(call, request)) };
      }),
    loss: () =>
      ask(function* ({ batch }) {
        return (yield* read(share(batch.loss.recording.value)))[0]!;
      }),
    outputs: () => ask(({ batch }) => matrixOf(share(batch.outputs), batch.samples, batch.width)),
    lossGradient: () =>
      ask(function* (call) {
        const { loss, samples, width } = call.batch;
        const dL = yield* matrixOf(loss.gradient(), samples, width);
        call.gradient = dL.data.slice();
        return dL;
      }),
    lossHessianFactor: () => ask(({ batch }) => batch.loss.hessianFactor()),

    kernel: (request = {}) =>
      askStructure(function* (call) {
        const { jacobian, samples: all } = call.batch;
        const selection = selected(call, request);
        checkSamples(request.samples, all);
        const { samples, scaling } = request;
        const scale = new Map<number, Tensor>();
        try {
          for (const [i, inverse] of scaling ? inverseScaling(jacobian, selection, scaling) : []) {
            scale.set(i, keep(sqrt(inverse)));
            inverse.dispose();
          }
          const kernel = yield* jacobian.kernel(selection, samples, scaling && scale);
          const { data } = kernel;
          // A copy: the method may change its own.
          if (!samples && !scaling && data.length <= 2 ** 22)
            call.kernel = { key: keyOf(selection), data: data.slice() };
          return asMatrix(kernel);
        } finally {
          disposeAll(scale.values());
        }
      }),
    modules: () =>
      ask(function* ({ batch }) {
        return partitionOf(batch.variables).names;
      }),
    moduleKernels: ({ modules: names, samples, along } = {}) =>
      askStructure(function* (call): Reading<readonly Matrix[]> {
        const { jacobian, loss, samples: all, variables } = call.batch;
        checkSamples(samples, all);
        const each = (names ?? partitionOf(variables).names).map((name) => selected(call, { modules: [name] }));
        if (along) {
          const V = along === 'loss' ? loss.gradient() : keep(asTensor(call, along, 'moduleKernels'));
          try {
            return (yield* jacobian.kernelsAlong(V, each, samples)).map(asMatrix);
          } finally {
            V.dispose();
          }
        }
        // Sensitivities of all are captured at once.
        jacobian.prepare(selected(call, names && { modules: names }));
        const kernels: Matrix[] = [];
        for (const selection of each) kernels.push(asMatrix(yield* jacobian.kernel(selection, samples)));
        return kernels;
      }),
    kernelProduct: (u, request) =>
      askStructure((call) => {
        const { jacobian } = call.batch;
        const selection = selected(call, request);
        const product = engine().tidy(() => {
          const Jtu = transposed(call, asTensor(call, u, 'kernelProduct'), selection);
          const v = scaled(jacobian, selection, Jtu, request?.scaling);
          try {
            return jacobian.product(new Map([...selection.keys()].map((i, k) => [i, v[k]!])), selection);
          } finally {
            disposeAll(v);
          }
        });
        return matrixOf(product, u.rows, u.columns);
      }),
    pullback(u, request = {}) {
      const { momentum = 0, scaling } = request;
      return (scaling ? askStructure : ask)(function* (call) {
        if (!Number.isFinite(momentum)) throw badOption('momentum', momentum, 'a finite number');
        const moving = selected(call, request);
        const minus = engine().tidy(() => transposed(call, neg(asTensor(call, u, 'pullback')), moving));
        const still = scaled(call.batch.jacobian, moving, minus, scaling);
        const along = momentum === 0 ? still : withMomentum(moving, still, displacement(call, moving), momentum);
        const { gradient, kernel } = call;
        const K = !scaling && momentum === 0 && kernel?.key === keyOf(moving) ? kernel.data : undefined;
        return yield* directed(call, moving, along, K && gradient && byKernel(K, gradient, u.data));
      });
    },
    probeOutputs: (size) =>
      ask(({ batch }) => {
        const { at } = step;
        if (!at) throw notLinearized('probeOutputs');
        const { point } = at.trial(at.u, finiteStep('probeOutputs', size));
        const there = engine().tidy(() => batch.outputsAt(at.everywhere(point)));
        return matrixOf(there, batch.samples, batch.width);
      }),
    displacementProduct: (request) =>
      askStructure((call) => {
        const { jacobian, samples, width } = call.batch;
        const selection = selected(call, request);
        const change = displacement(call, selection);
        const product = jacobian.product(change, selection);
        disposeAll(change.values());
        return matrixOf(product, samples, width);
      }),
    jacobian: (request) =>
      ask((call) => {
        const J = call.batch.jacobian.rows(selected(call, request));
        return matrixOf(J, J.shape[0]!, J.shape[1]!);
      }, 'kernels'),
    direct: (d, request) =>
      ask((call) => {
        const moving = selected(call, request);
        return directed(call, moving, opposite(call, moving, d, parameters(call, moving)));
      }),
    largestSquaredColumn: (request) =>
      askStructure(function* (call) {
        const squares = call.batch.jacobian.squaredColumns(selected(call, request));
        const largest = engine().tidy(() => keep(max(stack([...squares.values()].map((square) => max(square))))));
        disposeAll(squares.values());
        return (yield* read(largest))[0]!;
      }),
    sizes: () =>
      ask(function* ({ batch: { variables: w } }) {
        const { at } = step;
        if (!at) throw notLinearized('sizes');
        const largest = engine().tidy(() => keep(max(stack(at.g.map((g) => max(abs(g)))))));
        try {
          const [w2, d2, largestGradient] = yield* readNumbers([[w, w], [at.u, at.u], largest]);
          return { parameters: Math.sqrt(w2!), direction: Math.sqrt(d2!), largestGradient: largestGradient! };
        } finally {
          largest.dispose();
        }
      }),
  };

  const { withAverage, takeAverage } = average;
  return Object.assign(questions, {
    withAverage,
    takeAverage,
    save: () => saved.give(),
    restore: async (given: readonly NamedTensor[]) => void (await saved.take(given)),
    dispose() {
      life.finish();
      memory.dispose();
      saved.dispose();
    },
  });
}
