import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { differentiate, type Differentiated } from './differentiate.ts';
import { disposeAll, engine, type CustomGradient, type Inputs, type Save } from './engine.ts';
import { asArray, list, mapInputs, type Custom, type Graph, type Source, type Step } from './graph.ts';
import { flopsOf } from './flops.ts';
import { as } from './meter.ts';
import { tap } from './taps.ts';

/** What a loss did, ready to be done again at other values of the variables. */
export interface Recording {
  /** The loss, as the recorded call computed it. */
  readonly value: Tensor;
  /**
   * False when the loss read back a value that depends on the variables, so that its course may differ elsewhere, or
   * got at one by a way that is not recorded (a variable that it assigned to).
   */
  readonly replayable: boolean;
  /** The loss takes gradients itself. */
  readonly nested: boolean;
  /** The loss with `points` in the places of the variables. The caller disposes of it. */
  replay(points: readonly Tensor[]): Tensor;
  /** The same within a function that tfjs differentiates: custom gradients keep their own backward functions. */
  trace(points: readonly Tensor[]): Tensor;
  /** The same, with its gradients in `points`. */
  differentiate(points: readonly Tensor[]): Differentiated;
  /** FLOPs that its derivatives in the variables take, beside those that lead to them. */
  readonly weightWork: number;
  /** What led to the loss, where its values were asked for and not forgotten. */
  readonly graph: Graph | undefined;
  /** Lets go of the values; the loss can still be done again. */
  forget(): void;
  dispose(): void;
}

/**
 * Calls `loss` once and records every kernel whose result depends on `variables`, sliced backwards from the loss.
 * All else (data, masks, labels, frozen layers, statistics) is a constant, held by reference count and not computed again;
 * so a replay at the variables' values equals the loss to the bit.
 *
 * @param values true: holds what every step computed too, for passes over the graph without another forward pass
 */
export function record(loss: () => Tensor, variables: readonly Tensor[], values = false): Recording {
  const sources = new Map<number, Source>(variables.map(({ id }, variable) => [id, { variable }]));
  const held = new Map<number, Tensor>();
  const computed: Tensor[][] = [];
  const constants: Tensor[] = [];
  const dependent = new WeakSet<object>(variables.map(({ dataId }) => dataId));
  const steps: Step[] = [];
  const customs: Custom[] = [];
  let depth = 0;
  let customDepth = 0;
  let replayable = true;
  let nested = false;
  let weightWork = 0;
  /** What is computed of variables alone. */
  const parametric = new Set(variables.map(({ id }) => id));
  /** Copies that a kernel saved of its outputs, which are known only when it is done. */
  let copies: (readonly [Tensor, Tensor])[] = [];

  const current = engine();
  const runKernel = current.runKernel.bind(current);
  const runKernelFunc = current.runKernelFunc.bind(current);
  const readSync = current.readSync.bind(current);
  const clone = current.clone.bind(current);

  const sourceOf = (tensor: Tensor): Source => {
    const known = sources.get(tensor.id);
    if (known) return known;
    let constant = held.get(tensor.id);
    // A variable may have been assigned to since it was held.
    if (constant?.dataId !== tensor.dataId) {
      constant = current.keep(runKernel('Identity', { x: tensor }) as Tensor);
      held.set(tensor.id, constant);
      constants.push(constant);
    }
    return { constant, untracked: dependent.has(tensor.dataId) };
  };
  const isDependent = (tensor: Tensor | undefined): boolean =>
    tensor != null && (sources.has(tensor.id) || dependent.has(tensor.dataId));
  const isCopy = (copy: Tensor, of: Tensor): void => {
    const source = sources.get(of.id);
    if (source) sources.set(copy.id, source);
  };

  const recordKernel = (name: string, inputs: Inputs<Tensor>, attrs?: NamedAttrMap): Tensor | Tensor[] => {
    if (depth === 0) copies = [];
    depth++;
    let out: Tensor | Tensor[];
    try {
      out = runKernel(name, inputs, attrs);
    } finally {
      depth--;
    }
    // A kernel that another one calls is done again when that one is.
    if (depth > 0 || !list(inputs).some(isDependent)) return out;
    const outputs = asArray(out);
    const given = list(inputs).filter((input) => input != null);
    const weights = given.filter(({ id }) => parametric.has(id)).length;
    if (weights === given.length) outputs.forEach(({ id }) => parametric.add(id));
    else weightWork += weights * flopsOf(name, inputs, out, attrs);
    const owned = !outputs.some(({ id }) => sources.has(id));
    const step = steps.push({ name, inputs: mapInputs(inputs, sourceOf), attrs, outputs: outputs.length, owned }) - 1;
    if (values) computed[step] = outputs.map((x) => current.keep(runKernel('Identity', { x }) as Tensor));
    outputs.forEach((tensor, output) => {
      dependent.add(tensor.dataId);
      if (!sources.has(tensor.id)) sources.set(tensor.id, { step, output });
    });
    for (const [copy, of] of copies) isCopy(copy, of);
    return out;
  };

  const recordCustom: typeof runKernelFunc = (operation) => {
    if (operation.kernelName !== undefined || depth > 0 || customDepth > 0) return runKernelFunc(operation);
    const start = steps.length;
    let saved: Source[] = [];
    const forwardFunc = (backend: unknown, save: Save): Tensor =>
      operation.forwardFunc(backend, (tensors) => {
        saved = tensors.map(sourceOf);
        save(tensors);
      });
    customDepth++;
    let out: Tensor | Tensor[];
    try {
      out = runKernelFunc({ ...operation, forwardFunc });
    } finally {
      customDepth--;
    }
    const output = sources.get((out as Tensor).id);
    if (output && 'step' in output && output.step >= start) {
      const inputs = Object.fromEntries(Object.entries(operation.inputs).map(([name, x]) => [name, sourceOf(x)]));
      customs.push({ start, end: steps.length, inputs, output, saved, backwardsFunc: operation.backwardsFunc });
    }
    return out;
  };

  try {
    const value = tap(
      'recording',
      () => ({
        runKernel: recordKernel,
        runKernelFunc: recordCustom,
        // An asynchronous read comes too late to affect a loss that returns at once.
        readSync: (dataId) => {
          if (dependent.has(dataId)) replayable = false;
          return readSync(dataId);
        },
        // A gradient within the loss continues from the copies on its tape.
        clone: (tensor) => {
          nested ||= current.state.gradientDepth > 1;
          const copy = clone(tensor);
          isCopy(copy, tensor);
          if (depth > 0) copies.push([copy, tensor]);
          return copy;
        },
      }),
      loss,
    );
    const result = sourceOf(value);
    const sliced = slice(result, steps, customs);
    disposeAll(constants.filter((constant) => !sliced.constants.has(constant)));
    const order = sliced.order.map(({ step }) => step);
    const needed = new Set(order);
    disposeAll(computed.flatMap((outputs, step) => (needed.has(step) ? [] : outputs)));
    let graph = values ? { steps, customs, order, result, valueOf: reader(variables, computed) } : undefined;
    const trace = (points: readonly Tensor[]): Tensor =>
      as('forward', () => replayForGradient(points, result, steps, sliced.order, customs));
    return {
      value,
      replayable: replayable && !sliced.untracked,
      nested,
      weightWork,
      replay: (points) => as('forward', () => replay(points, result, steps, sliced.order)),
      trace,
      differentiate(points) {
        const at = differentiate(() => trace(points), points);
        return points.includes(at.value) ? { ...at, value: at.value.clone() } : at;
      },
      get graph() {
        return graph;
      },
      forget() {
        graph = undefined;
        disposeAll(computed.flat());
        computed.length = 0;
      },
      dispose: () => disposeAll([...constants, ...computed.flat()]),
    };
  } catch (error) {
    disposeAll([...constants, ...computed.flat()]);
    throw error;
  }
}

interface Ordered {
  readonly step: number;
  /** Steps whose outputs nobody needs after this one. */
  readonly last: number[];
}

interface Slice {
  readonly order: readonly Ordered[];
  readonly constants: ReadonlySet<Tensor>;
  /** Whether one of them is untracked. */
  readonly untracked: boolean;
}

/** The steps that the result needs, what custom gradients save of them included, and the constants these use. */
function slice(result: Source, steps: readonly Step[], customs: readonly Custom[]): Slice {
  const savedBy = new Map(
    customs.map(({ output, saved, inputs }) => [output.step, [...saved, ...Object.values(inputs)]]),
  );
  const needed = new Set<number>();
  const constants = new Set<Tensor>();
  let untracked = false;
  const pending: Source[] = [result];
  for (let source = pending.pop(); source; source = pending.pop()) {
    if ('constant' in source) {
      constants.add(source.constant);
      untracked ||= source.untracked;
    }
    if (!('step' in source) || needed.has(source.step)) continue;
    needed.add(source.step);
    pending.push(
      ...list(steps[source.step]!.inputs).filter((input) => input != null),
      ...(savedBy.get(source.step) ?? []),
    );
  }
  const order = [...needed].sort((a, b) => a - b).map((step) => ({ step, last: [] as number[] }));
  const seen = new Set<number>('step' in result ? [result.step] : []);
  for (const { step, last } of order.toReversed()) {
    for (const input of [{ step, output: 0 }, ...list(steps[step]!.inputs)])
      if (input && 'step' in input && !seen.has(input.step)) {
        seen.add(input.step);
        if (steps[input.step]!.owned) last.push(input.step);
      }
  }
  return { order, constants, untracked };
}

function replay(points: readonly Tensor[], result: Source, steps: readonly Step[], order: readonly Ordered[]): Tensor {
  const current = engine();
  const outputs: Tensor[][] = [];
  const valueOf = reader(points, outputs);
  return current.tidy(() => {
    for (const { step, last } of order) {
      const { name, inputs, attrs } = steps[step]!;
      outputs[step] = asArray(current.runKernel(name, mapInputs(inputs, valueOf), attrs));
      for (const done of last) disposeAll(outputs[done]!);
    }
    return 'step' in result ? valueOf(result) : (current.runKernel('Identity', { x: valueOf(result) }) as Tensor);
  });
}

/** The same under a tape: custom gradients keep their own backward functions, nothing is freed before its end. */
function replayForGradient(
  points: readonly Tensor[],
  result: Source,
  steps: readonly Step[],
  order: readonly Ordered[],
  customs: readonly Custom[],
): Tensor {
  const current = engine();
  const outputs: Tensor[][] = [];
  const valueOf = reader(points, outputs);
  const run = ({ step }: Ordered): void => {
    const { name, inputs, attrs } = steps[step]!;
    outputs[step] = asArray(current.runKernel(name, mapInputs(inputs, valueOf), attrs));
  };
  const needed = new Set(order.map(({ step }) => step));
  let at = 0;
  for (const custom of customs) {
    if (!needed.has(custom.output.step)) continue;
    for (; at < order.length && order[at]!.step < custom.start; at++) run(order[at]!);
    const out = current.runKernelFunc({
      inputs: mapInputs(custom.inputs, valueOf) as CustomGradient['inputs'],
      backwardsFunc: custom.backwardsFunc,
      forwardFunc: (_, save) => {
        for (; at < order.length && order[at]!.step < custom.end; at++) run(order[at]!);
        save(custom.saved.map(valueOf));
        return valueOf(custom.output);
      },
    });
    outputs[custom.output.step]![custom.output.output] = out as Tensor;
  }
  for (; at < order.length; at++) run(order[at]!);
  return valueOf(result);
}

const reader =
  (points: readonly Tensor[], outputs: readonly Tensor[][]) =>
  (source: Source): Tensor =>
    'variable' in source
      ? points[source.variable]!
      : 'step' in source
        ? outputs[source.step]![source.output]!
        : source.constant;
