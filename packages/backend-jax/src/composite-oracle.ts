import { numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import {
  badOption,
  finiteStep,
  withDefaults,
  OverparamError,
  required,
  type Dimensions,
  type DisplacementOracle,
  type JacobianOracle,
  type JacobianRequest,
  type KernelRequest,
  type Linearization,
  type LinearizeRequest,
  type Matrix,
  type ModularOracle,
  type ModuleKernelsRequest,
  type OutputsAlongOracle,
  type PullbackRequest,
  type Sizes,
  type SizesOracle,
} from '@overparam/core';
import { blockFactors } from './block-factors.ts';
import { free, held, type Leaves, type Tree } from './leaves.ts';
import { chosen } from './modules.ts';
import { differentiated, inner, plus, split, squaredNorm, together } from './objective.ts';
import { commonDefaults, opened, type CommonOptions, type JaxState } from './open.ts';
import { lossQuestions, scalar, type LossFunction, type LossQuestions } from './questions.ts';
import { read, type Reading } from './reading.ts';
import { begin, found, linearized, part, rest, type Step } from './session.ts';
import { grad, jvp } from './transforms.ts';
import { inverseScale, outputRows, rowsAlong, tangent, upload, type Model, type Shape } from './tangent.ts';

export interface CompositeOptions<W extends Tree, B extends Tree> extends CommonOptions<W, B> {
  /** The N x C outputs of the weights on a batch. It takes over its arguments, as functions of jax-js do. */
  readonly model: (weights: W, batch: B) => JaxArray;
  /** L: the loss of N x C outputs on a batch, one number, a sum over the samples. It takes over its arguments. */
  readonly loss: (outputs: JaxArray, batch: B) => JaxArray;
  /** Bytes that rows of the Jacobian may take at once. @default 2 ** 28 */
  readonly memory?: number;
}

export interface JaxCompositeOracle<W extends Tree>
  extends
    LossQuestions,
    OutputsAlongOracle,
    DisplacementOracle,
    JacobianOracle,
    SizesOracle,
    ModularOracle,
    JaxState<W> {}

/**
 * The oracle of f(w) = L(outputs(w)) written in jax-js: for Gauss-Newton, Levenberg-Marquardt, the spectra of tangent
 * kernels, and all methods of first order.
 *
 * J and J J^T come from vector-Jacobian and Jacobian-vector products of the model; L is differentiated twice in the
 * outputs, by jax-js.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`; its questions `SHAPE_MISMATCH`, `NOT_FINITE`
 */
export function compositeOracle<W extends Tree, B extends Tree = Tree>(
  options: CompositeOptions<W, B>,
): JaxCompositeOracle<W> {
  const { model, loss, memory, ...common } = withDefaults<CompositeOptions<W, B>>(
    'compositeOracle',
    { ...commonDefaults, model: required, loss: required, memory: 2 ** 28 },
    options,
  );
  const { session, answer, state } = opened('compositeOracle', { model, loss }, common);
  if (!(memory > 0)) throw badOption('compositeOracle: memory', memory, 'a number of bytes > 0');
  const { programs, structure, float } = session;
  const outputsOf = model as unknown as Model;
  const lossOf = loss as unknown as (outputs: JaxArray, batch: Tree) => JaxArray;
  const f: LossFunction = (weights, batch) => lossOf(outputsOf(weights, tree.ref(batch)), batch);
  const J = tangent(session, outputsOf, memory);
  const key = (name: string, active: readonly number[]): string => `composite ${name} ${active.join()}`;
  const ref = ({ batch }: Step): Tree => tree.ref(batch);
  const all = structure.paths.map((_, i) => i);

  /** The outputs at w: computed once in a step. The step keeps them. */
  const outputs = (step: Step): JaxArray =>
    (step.outputs ??= programs('outputs', () => (w: JaxArray[], batch: Tree) => split(structure, all, outputsOf)(w, [], batch))(
      held(session.kept.w),
      ref(step),
    )); // prettier-ignore
  /** N and C. */
  const shapeOf = (step: Step): Shape => {
    const { shape, ndim } = outputs(step);
    if (ndim !== 2)
      throw new OverparamError('SHAPE_MISMATCH', `The model has outputs of ${ndim} dimensions: they must be N x C.`);
    return { samples: shape[0]!, outputs: shape[1]! };
  };
  const matrix = ({ samples: rows, outputs: columns }: Shape, data: Float64Array): Matrix => ({ rows, columns, data });
  const gradientOfLoss = (step: Step): JaxArray =>
    programs('loss gradient', () => grad(lossOf))(outputs(step).ref, ref(step));
  const uploaded = (u: Matrix, { samples, outputs: C }: Shape, name = 'u'): JaxArray => {
    if (u.rows !== samples || u.columns !== C || u.data.length !== samples * C)
      throw new OverparamError('SHAPE_MISMATCH', `${name} is ${u.rows} x ${u.columns} of ${u.data.length} numbers: it takes ${samples} x ${C}, one row per sample.`); // prettier-ignore
    return upload(u.data, [samples, C], float);
  };
  const inverseOf = (step: Step, active: readonly number[], request?: JacobianRequest): JaxArray[] | undefined =>
    request?.scaling && inverseScale(session, J.squaredColumns(step, active, shapeOf(step)), request.scaling);
  const scaled = (v: JaxArray[], D1: Leaves): JaxArray[] =>
    programs('scaled', () => (x: JaxArray[], y: JaxArray[]) => x.map((xi, i) => xi.mul(y[i]!)))(v, held(D1));
  /** w_k - w_{k-1} of the trained arrays; the oracle keeps the point before from here on. */
  const displacement = (active: readonly number[]): JaxArray[] => {
    const { kept } = session;
    session.kept = { ...kept, previous: kept.previous ?? held(kept.w) };
    return programs('displacement', () => (x: JaxArray[], y: JaxArray[]) => x.map((xi, i) => np.subtract(xi, y[i]!)))(
      part(kept.w, active),
      part(session.kept.previous!, active),
    );
  };

  /** d <- the given arrays, which are taken over. */
  function* directed(step: Step, active: readonly number[], d: JaxArray[]): Reading<Linearization> {
    const { w } = session.kept;
    const { g, summary } = programs(
      key('direct', active),
      () => (trained: JaxArray[], resting: JaxArray[], batch: Tree, v: JaxArray[]) => {
        const [value, gradient] = differentiated(split(structure, active, f), trained, resting, batch);
        const numbers = [value, inner(held(gradient), v), squaredNorm(gradient)];
        return { g: gradient, summary: together(numbers, float) };
      },
    )(part(w, active), rest(w, active), ref(step), held(d));
    found(step, { active, g, d, named: new Map() });
    const [value, slope, squaredGradientNorm] = yield* read(summary);
    return { value: value!, slope: slope!, squaredGradientNorm: squaredGradientNorm! };
  }

  function* kernels(
    step: Step,
    active: readonly number[],
    groups: readonly (readonly number[])[],
    { samples, along, inverse }: { samples?: readonly number[] | undefined; along?: Matrix | undefined; inverse?: JaxArray[] | undefined }, // prettier-ignore
  ): Reading<Matrix[]> {
    try {
      const rows = along ? rowsAlong(along, samples) : outputRows(shapeOf(step), samples);
      const found = yield* J.grams(step, active, groups, rows, inverse);
      if (found.every(({ data }) => data.every(Number.isFinite))) return found;
      throw new OverparamError('NOT_FINITE', 'The kernel is not finite at the current weights: take a shorter step.');
    } finally {
      free(inverse);
    }
  }

  return Object.assign(lossQuestions(session, f, answer), {
    ...state,
    modules: () => [...session.modules.keys()],
    dimensions: answer(function* (request?: LinearizeRequest): Reading<Dimensions> {
      const active = chosen(session.modules, request);
      const parameters = active.reduce((sum, i) => sum + session.kept.w[i]!.size, 0);
      return { ...shapeOf(begin(session)), parameters };
    }),
    loss: answer(function* (): Reading<number> {
      const step = begin(session);
      const value = programs('loss', () => (o: JaxArray, batch: Tree) => lossOf(o, batch))(
        outputs(step).ref,
        ref(step),
      );
      return (yield* read(value))[0]!;
    }),
    outputs: answer(function* (): Reading<Matrix> {
      const step = begin(session);
      return matrix(shapeOf(step), yield* read(outputs(step).ref));
    }),
    lossGradient: answer(function* (): Reading<Matrix> {
      const step = begin(session);
      return matrix(shapeOf(step), yield* read(gradientOfLoss(step)));
    }),
    lossHessianFactor: answer(function* (): Reading<Matrix> {
      const step = begin(session);
      const { samples, outputs: C } = shapeOf(step);
      // L is a sum over samples: the derivative of its gradient along output k of all samples has row k of every block.
      const numbers = yield* read(
        programs(
          'loss Hessian',
          () => (o: JaxArray, batch: Tree) =>
            np.stack(
              Array.from({ length: C }, (_, k) => {
                const along = np.broadcastTo(np.eye(C, C, { dtype: o.dtype }).slice(k), [samples, C]);
                const g = (x: JaxArray): JaxArray => grad(lossOf)(x, tree.ref(batch));
                const [here, row] = jvp(g, [o.ref], [along]);
                here.dispose();
                return row;
              }),
            ),
        )(outputs(step).ref, ref(step)),
      );
      return blockFactors(numbers, samples, C);
    }),
    kernel: answer(function* (request?: KernelRequest): Reading<Matrix> {
      const active = chosen(session.modules, request);
      const step = begin(session);
      const inverse = inverseOf(step, active, request);
      return (yield* kernels(step, active, [active], { samples: request?.samples, inverse }))[0]!;
    }),
    moduleKernels: answer(function* (request: ModuleKernelsRequest = {}): Reading<readonly Matrix[]> {
      const { modules = [...session.modules.keys()], samples, along } = request;
      const groups = modules.map((name) => chosen(session.modules, { modules: [name] }));
      const step = begin(session);
      const V = along === 'loss' ? matrix(shapeOf(step), yield* read(gradientOfLoss(step))) : along;
      if (V) uploaded(V, shapeOf(step), 'along').dispose();
      return yield* kernels(step, chosen(session.modules, { modules }), groups, { samples, along: V });
    }),
    kernelProduct: answer(function* (u: Matrix, request?: JacobianRequest): Reading<Matrix> {
      const active = chosen(session.modules, request);
      const step = begin(session);
      const shape = shapeOf(step);
      let v = J.pull(step, active, uploaded(u, shape));
      const inverse = inverseOf(step, active, request);
      if (inverse) v = scaled(v, inverse);
      free(inverse);
      const product = J.push(step, active, v);
      free(v);
      return matrix(shape, yield* read(product));
    }),
    pullback: answer(function* (u: Matrix, request?: PullbackRequest): Reading<Linearization> {
      const momentum = finiteStep('momentum', request?.momentum ?? 0);
      const active = chosen(session.modules, request);
      const step = begin(session);
      let d = J.pull(step, active, uploaded(u, shapeOf(step)));
      const inverse = inverseOf(step, active, request);
      if (inverse) d = scaled(d, inverse);
      free(inverse);
      if (momentum !== 0)
        d = programs(key('plus', active), () => (x: JaxArray[], t: JaxArray, y: JaxArray[]) => plus(x, t, y))(
          d,
          scalar(momentum, float),
          displacement(active),
        );
      return yield* directed(step, active, d);
    }),
    probeOutputs: answer(function* (size: number): Reading<Matrix> {
      finiteStep('probeOutputs', size);
      const { active, d } = linearized(session, 'probeOutputs');
      const step = begin(session);
      const { w } = session.kept;
      const there = programs(
        key('probeOutputs', active),
        () => (trained: JaxArray[], resting: JaxArray[], batch: Tree, v: JaxArray[], t: JaxArray) =>
          split(structure, active, outputsOf)(plus(trained, t, v), resting, batch),
      )(part(w, active), rest(w, active), ref(step), held(d), scalar(size, float));
      return matrix(shapeOf(step), yield* read(there));
    }),
    displacementProduct: answer(function* (request?: LinearizeRequest): Reading<Matrix> {
      const active = chosen(session.modules, request);
      const step = begin(session);
      const v = displacement(active);
      const product = J.push(step, active, v);
      free(v);
      return matrix(shapeOf(step), yield* read(product));
    }),
    jacobian: answer(function* (request?: LinearizeRequest): Reading<Matrix> {
      const step = begin(session);
      return yield* J.jacobian(step, chosen(session.modules, request), shapeOf(step));
    }),
    direct: answer(function* (d: Float64Array, request?: LinearizeRequest): Reading<Linearization> {
      const active = chosen(session.modules, request);
      const shapes = active.map((i) => session.kept.w[i]!.shape);
      const sizes = active.map((i) => session.kept.w[i]!.size);
      const P = sizes.reduce((sum, size) => sum + size, 0);
      if (d.length !== P)
        throw new OverparamError('SHAPE_MISMATCH', `d has ${d.length} numbers: it takes ${P}, one per parameter.`);
      let at = 0;
      const leaves = sizes.map((size, i) => upload(d.slice(at, (at += size)), shapes[i]!, float));
      return yield* directed(begin(session), active, leaves);
    }),
    sizes: answer(function* (): Reading<Sizes> {
      const { active, g, d } = linearized(session, 'sizes');
      const summary = programs(key('sizes', active), () => (w: JaxArray[], x: JaxArray[], v: JaxArray[]) => {
        const largest = x.map((xi) => np.max(np.absolute(xi))).reduce((a, b) => np.maximum(a, b));
        return together([squaredNorm(w), squaredNorm(v), largest], float);
      })(held(session.kept.w), held(g), held(d));
      const [w2, d2, largestGradient] = yield* read(summary);
      return { parameters: Math.sqrt(w2!), direction: Math.sqrt(d2!), largestGradient: largestGradient! };
    }),
    largestSquaredColumn: answer(function* (request?: LinearizeRequest): Reading<number> {
      const active = chosen(session.modules, request);
      const step = begin(session);
      const largest = programs(
        key('largest', active),
        () => (x: JaxArray[]) => x.map((xi) => np.max(xi)).reduce((a, b) => np.maximum(a, b)),
      )(J.squaredColumns(step, active, shapeOf(step)));
      return (yield* read(largest))[0]!;
    }),
  });
}
