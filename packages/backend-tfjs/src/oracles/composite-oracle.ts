import {
  abs,
  keep,
  max,
  neg,
  sqrt,
  stack,
  tensor,
  tensor2d,
  zeros,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  badOption,
  notLinearized,
  type AcceleratedOracle,
  type Answer,
  type DirectionalOracle,
  type DisplacementOracle,
  type Housekeeping,
  type JacobianOracle,
  type JacobianRequest,
  type Linearization,
  type Matrix,
  type ModularOracle,
  type OutputsAlongOracle,
  type SizesOracle,
  type TrialGradientOracle,
  type Work,
  type WorkOracle,
} from '@overparam/core';
import { along, summary } from './along.ts';
import { assertOutsideLoss } from '../recording/call-loss.ts';
import { directionRule, type Direction } from '../directions/index.ts';
import { disposeAll, engine, share, type NamedTensor } from '../recording/engine.ts';
import { freeing } from '../recording/freeing.ts';
import { byRule, linearized, movingOf, type Linearized } from './linearization.ts';
import { as, meter, metered } from '../recording/meter.ts';
import { partition, type ModulesOption } from '../modules/modules.ts';
import { parameterMemory } from '../modules/parameter-memory.ts';
import { readNumbers, type Vector } from '../modules/parameters.ts';
import { entriesOf, type Wanted } from '../modules/part.ts';
import { trainableVariables } from './problem.ts';
import { inTurn, readAsync, readSync, whenAnswered } from '../recording/read.ts';
import { transaction } from './transaction.ts';
import { weights } from './weights.ts';
import { takeBatch, type Batch } from './batch.ts';
import { byKernel, keyOf } from '../tangent/by-kernel.ts';
import { displacementOf, withMomentum } from './displacement.ts';
import type { InputGrams } from '../tangent/gram.ts';
import { asMatrix, checkSamples } from '../tangent/kernel-matrix.ts';
import type { Structures } from '../tangent/jacobian.ts';
import type { Outputs } from './outputs.ts';
import { inverseScaling, scaled } from '../tangent/scaling.ts';
import { shapeOf } from '../tangent/sites/site-part.ts';

export interface CompositeOracleOptions {
  /** The model's outputs on the current batch: a tensor, or several, whose first axis goes along the samples. */
  readonly outputs: () => Outputs;
  /** L: a scalar, computed from what `outputs` returned; a sum over the samples. It is called once after `outputs`. */
  readonly loss: (outputs: Outputs) => Tensor;
  /** What to minimize over; all trainable variables, looked up at each step, when absent. */
  readonly variables?: readonly Variable[];
  /** How `linearize` makes its direction of gradients; 'gradient' when absent. */
  readonly direction?: Direction;
  /** True: numbers are read with `data()`, and answers are promises, as WebGPU and WebGL want it. */
  readonly asynchronous?: boolean;
  /** Names for groups of variables, or of slices of these; when absent, each variable is a module of its name. */
  readonly modules?: ModulesOption;
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
    WorkOracle,
    Housekeeping {
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

/**
 * The oracle of f = L(outputs(w)), for methods that ask about the outputs: Gauss-Newton, spectra of tangent kernels.
 *
 * `outputs` and `loss` are called once a step. Kernels are made of the inputs and sensitivities of layers, and no
 * Jacobian of parameter size is. Samples have to be independent of each other, as in inference.
 *
 * @throws OverparamError with the codes in the package's README
 */
export function compositeOracle({
  outputs,
  loss,
  variables,
  direction = 'gradient',
  asynchronous = false,
  modules,
  memory: bytes = 2 ** 27,
}: CompositeOracleOptions): TfjsCompositeOracle {
  if (!(bytes > 0)) throw badOption('memory', bytes, 'a number of bytes > 0');
  const partitionOf = partition(modules);
  const rule = directionRule(direction);
  const read = asynchronous ? readAsync : readSync;
  const memory = parameterMemory();
  const writes = transaction(memory);
  const saved = weights(rule, memory);
  const spent = meter();
  const known: InputGrams = new WeakMap();
  const structures: Structures = new Map();
  let step: Step | undefined;
  let keepsPrevious = false;

  const settle = (): void => {
    step?.at?.dispose();
    step?.batch.dispose();
    step = undefined;
  };
  const finish = (): void => {
    settle();
    writes.finish();
  };
  const abandon = (): void => {
    writes.abandon();
    finish();
  };
  const begin = (): Step => {
    if (step) return step;
    assertOutsideLoss();
    finish();
    return (step = {
      batch: writes.begin((draws, before) =>
        as('forward', () =>
          takeBatch({ outputs, loss, variables: [...new Set(variables ?? trainableVariables())] }, draws, before, {
            read,
            memory: bytes,
            known,
            structures,
          }),
        ),
      ),
    });
  };
  const ask = <T>(body: (step: Step) => T, kind: keyof Work = 'inputGradients'): T =>
    spent.during(kind, () => freeing(() => body(begin()), abandon));
  /** The same for what goes by the structure of the model. */
  const askStructure = <T>(body: (step: Step) => Answer<T>): Answer<T> =>
    ask(
      (now) =>
        whenAnswered(
          whenAnswered(now.batch.jacobian.examine(), () => body(now)),
          (answer) => answer,
        ),
      'kernels',
    );
  /** What is wanted of the variables that move f. */
  const wanted = ({ batch: { variables, jacobian } }: Step, request: JacobianRequest | undefined): Wanted => {
    const named = partitionOf(variables).wanted(request?.modules);
    return new Map([...named].filter(([i]) => jacobian.connected.has(i)));
  };
  const matrixOf = (tensor: Tensor, rows: number, columns: number): Answer<Matrix> =>
    whenAnswered(read(tensor), (values) => ({ rows, columns, data: Float64Array.from(values) }));
  const asTensor = ({ batch: { samples, width } }: Step, u: Matrix, question: string): Tensor => {
    if (u.rows !== samples || u.columns !== width)
      throw badOption(
        `The matrix of '${question}'`,
        `${u.rows} x ${u.columns}`,
        `${samples} x ${width}, as the outputs`,
      );
    if (!u.data.every(Number.isFinite)) throw badOption(`The matrix of '${question}'`, 'not finite', 'finite numbers');
    return tensor2d(Float32Array.from(u.data), [samples, width]);
  };
  /** One tensor for each of the wanted, 0 where the outputs do not depend on it. */
  const transposed = ({ batch }: Step, u: Tensor, moving: Wanted, around = false): Tensor[] => {
    const made = batch.jacobian.transposed(u, moving, around);
    return [...moving].map(([i, part]) => made.get(i) ?? keep(zeros(shapeOf(batch.variables[i]!.shape, part))));
  };
  const gradient = (step: Step, moving: Wanted, around?: boolean): Tensor[] => {
    const dL = step.batch.loss.gradient();
    try {
      return transposed(step, dL, moving, around);
    } finally {
      dL.dispose();
    }
  };
  const here = (now: Step, moving: Wanted, g: () => Vector, made: Parameters<typeof linearized>[4]): Linearized => {
    now.at?.dispose();
    const source = metered(spent, now.batch.elsewhere, now.batch.weightWork);
    return (now.at = linearized(now.batch.variables, moving, source, g, made));
  };
  const displacement = ({ batch }: Step, moving: Wanted): Map<number, Tensor> => {
    keepsPrevious = true;
    return displacementOf(batch.variables, moving, memory);
  };
  const parameters = ({ batch }: Step, moving: Wanted): number =>
    [...moving].reduce((sum, [i, part]) => sum + entriesOf(batch.variables[i]!, part), 0);
  /** The direction is -u, by no rule: moments stay as they are. */
  const directed = (
    now: Step,
    moving: Wanted,
    u: Tensor[],
    known: (
      kernel: Float64Array | undefined,
    ) => { readonly slope: number; readonly squaredGradientNorm: number } | undefined,
  ): Answer<Linearization> => {
    const remembered = [...moving.keys()].map((i) => {
      const past = memory.of(now.batch.variables[i]!);
      const moments = past?.t ? rule.remembers.map((name) => [name, share(past.tensors[name]!)] as const) : [];
      return { t: past?.t ?? 0, tensors: Object.fromEntries(moments) };
    });
    const at = here(now, moving, () => gradient(now, moving), { u, memory: remembered });
    const value = now.batch.loss.recording.value;
    const told = known(now.kernel?.key === keyOf(moving) ? now.kernel.data : undefined);
    if (told) return whenAnswered(read(share(value)), (values): Linearization => ({ value: values[0]!, ...told }));
    return whenAnswered(
      readNumbers(read, [value, [at.g, at.u], [at.g, at.g]]),
      ([value, descent, squaredGradientNorm]): Linearization => ({
        value: value!,
        slope: -descent!,
        squaredGradientNorm: squaredGradientNorm!,
      }),
    );
  };

  const questions: Omit<TfjsCompositeOracle, 'save' | 'restore' | 'dispose'> = {
    get name() {
      return `tfjs on the backend '${engine().backendName}'`;
    },
    abandon,
    finish,
    work: spent.work,
    ...along({ at: () => step?.at, moved: settle, memory, writes, read, keepsPrevious: () => keepsPrevious }),

    linearize: (request) =>
      ask((now) => {
        const moving = wanted(now, request);
        const g = gradient(now, moving, request?.around);
        const made = byRule(movingOf(now.batch.variables, moving), g, rule, memory);
        return summary(
          here(now, moving, () => g, made),
          now.batch.loss.recording.value,
          read,
        );
      }),
    dimensions: (request) =>
      ask((now) => ({
        samples: now.batch.samples,
        outputs: now.batch.width,
        parameters: parameters(now, wanted(now, request)),
      })),
    loss: () => ask(({ batch }) => whenAnswered(read(share(batch.loss.recording.value)), (values) => values[0]!)),
    outputs: () => ask(({ batch }) => matrixOf(share(batch.outputs), batch.samples, batch.width)),
    lossGradient: () =>
      ask((now) =>
        whenAnswered(matrixOf(now.batch.loss.gradient(), now.batch.samples, now.batch.width), (gradient) => {
          now.gradient = gradient.data.slice();
          return gradient;
        }),
      ),
    lossHessianFactor: () => ask(({ batch }) => batch.loss.hessianFactor(read)),

    kernel: (request) =>
      askStructure((now) => {
        const moving = wanted(now, request);
        checkSamples(request, now.batch.samples);
        const { samples, scaling } = request ?? {};
        const scale = new Map<number, Tensor>();
        for (const [i, inverse] of scaling ? inverseScaling(now.batch.jacobian, moving, scaling) : []) {
          scale.set(i, keep(sqrt(inverse)));
          inverse.dispose();
        }
        return whenAnswered(now.batch.jacobian.kernel(moving, samples, scaling && scale), (kernel): Matrix => {
          disposeAll(scale.values());
          const { data } = kernel;
          // A copy: the method may change its own.
          if (!samples && !scaling && data.length <= 2 ** 22) now.kernel = { key: keyOf(moving), data: data.slice() };
          return asMatrix(kernel);
        });
      }),
    modules: () => ask(({ batch }) => partitionOf(batch.variables).names),
    moduleKernels: (request = {}) =>
      askStructure((now): Answer<readonly Matrix[]> => {
        const { samples, along } = request;
        checkSamples(request, now.batch.samples);
        const names = request.modules ?? (questions.modules() as readonly string[]);
        const each = names.map((name) => wanted(now, { modules: [name] }));
        if (!along) {
          // Sensitivities of all are captured at once.
          const kernels: Matrix[] = [];
          now.batch.jacobian.prepare(wanted(now, { modules: names }));
          const done = inTurn(each, (moving) =>
            whenAnswered(now.batch.jacobian.kernel(moving, samples), (kernel) => void kernels.push(asMatrix(kernel))),
          );
          return whenAnswered(done, () => kernels);
        }
        const V = along === 'loss' ? now.batch.loss.gradient() : keep(asTensor(now, along, 'moduleKernels'));
        return whenAnswered(now.batch.jacobian.kernelsAlong(V, each, samples), (kernels) => {
          V.dispose();
          return kernels.map(asMatrix);
        });
      }),
    kernelProduct: (u, request) =>
      askStructure((now) => {
        const moving = wanted(now, request);
        const product = engine().tidy(() => {
          const v = scaled(
            now.batch.jacobian,
            moving,
            transposed(now, asTensor(now, u, 'kernelProduct'), moving),
            request?.scaling,
          );
          try {
            return now.batch.jacobian.product(
              new Map([...moving.keys()].map((variable, i) => [variable, v[i]!])),
              moving,
            );
          } finally {
            disposeAll(v);
          }
        });
        return matrixOf(product, u.rows, u.columns);
      }),
    pullback(u, request) {
      const asking: (body: (step: Step) => Answer<Linearization>) => Answer<Linearization> = request?.scaling
        ? askStructure
        : ask;
      return asking((now) => {
        const moving = wanted(now, request);
        const minus = engine().tidy(() => transposed(now, neg(asTensor(now, u, 'pullback')), moving));
        const { momentum = 0, scaling } = request ?? {};
        const still = scaled(now.batch.jacobian, moving, minus, scaling);
        if (!Number.isFinite(momentum)) throw badOption('momentum', momentum, 'a finite number');
        const along = momentum === 0 ? still : withMomentum(moving, still, displacement(now, moving), momentum);
        return directed(now, moving, along, (K) => {
          const { gradient } = now;
          return K && gradient && !scaling && momentum === 0 ? byKernel(K, gradient, u.data) : undefined;
        });
      });
    },
    probeOutputs: (step) =>
      ask(({ at, batch }) => {
        if (!at) throw notLinearized('probeOutputs');
        if (!Number.isFinite(step)) throw badOption("The step of 'probeOutputs'", step, 'a finite number');
        const { point } = at.trial(at.u, step);
        const there = engine().tidy(() => batch.outputsAt(at.everywhere(point)));
        return matrixOf(there, batch.samples, batch.width);
      }),
    displacementProduct: (request) =>
      askStructure((now) => {
        const moving = wanted(now, request);
        const change = displacement(now, moving);
        const product = now.batch.jacobian.product(change, moving);
        disposeAll(change.values());
        return matrixOf(product, now.batch.samples, now.batch.width);
      }),
    jacobian: (request) =>
      ask((now) => {
        const rows = now.batch.jacobian.rows(wanted(now, request));
        return matrixOf(rows, rows.shape[0]!, rows.shape[1]!);
      }, 'kernels'),
    direct: (d, request) =>
      ask((now) => {
        const moving = wanted(now, request);
        const length = parameters(now, moving);
        if (d.length !== length)
          throw badOption("The direction of 'direct'", `of length ${d.length}`, `length ${length}`);
        if (!d.every(Number.isFinite)) throw badOption("The direction of 'direct'", 'not finite', 'finite numbers');
        let start = 0;
        const along = [...moving].map(([i, part]) => {
          const shape = shapeOf(now.batch.variables[i]!.shape, part);
          const size = entriesOf(now.batch.variables[i]!, part);
          start += size;
          return keep(
            tensor(
              Float32Array.from(d.subarray(start - size, start), (x) => -x),
              shape,
            ),
          );
        });
        return directed(now, moving, along, () => undefined);
      }),
    largestSquaredColumn: (request) =>
      askStructure((now) => {
        const squares = now.batch.jacobian.squaredColumns(wanted(now, request));
        const largest = engine().tidy(() => keep(max(stack([...squares.values()].map((square) => max(square))))));
        disposeAll(squares.values());
        return whenAnswered(read(largest), (values) => values[0]!);
      }),
    sizes: () =>
      ask((now) => {
        const { at } = now;
        if (!at) throw notLinearized('sizes');
        const w = now.batch.variables;
        const largest = engine().tidy(() => keep(max(stack(at.g.map((g) => max(abs(g)))))));
        const numbers = readNumbers(read, [[w, w], [at.u, at.u], largest]);
        largest.dispose();
        return whenAnswered(numbers, ([w2, d2, most]) => ({
          parameters: Math.sqrt(w2!),
          direction: Math.sqrt(d2!),
          largestGradient: most!,
        }));
      }),
  };

  return Object.assign(questions, {
    save: () => saved.give(),
    restore: async (given: readonly NamedTensor[]) => void (await saved.take(given)),
    dispose() {
      finish();
      memory.dispose();
      saved.dispose();
    },
  });
}

/** What is at hand between the first question and the move. */
interface Step {
  readonly batch: Batch;
  at?: Linearized;
  /** The last kernel of all samples, and of which variables it was. */
  kernel?: { readonly key: string; readonly data: Float64Array };
  /** dL / d outputs, where it was asked for. */
  gradient?: Float64Array;
}
