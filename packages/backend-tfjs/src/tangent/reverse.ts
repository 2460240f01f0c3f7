import { add, getGradient, tidy, zerosLike, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { disposeAll, type Inputs } from '../recording/engine.ts';
import type { Custom, Graph, Source } from '../recording/graph.ts';
import { hasZeroDerivative } from '../recording/zero-derivatives.ts';
import { fusedGradients, type Gradients } from './fused-gradients.ts';

/** Something that has a gradient: a step, or an operation with a gradient of its own, at the step of its output. */
export interface Node {
  readonly step: number;
  readonly inputs: readonly (readonly [name: string, source: Source])[];
  /** Undefined for a kernel. */
  readonly custom: Custom | undefined;
}

/** The nodes of a graph, last to first. */
export function nodes(graph: Graph): readonly Node[] {
  const opaque = new Map(
    graph.customs.filter((custom) => !isTransparent(graph, custom)).map((custom) => [custom.output.step, custom]),
  );
  return graph.order.toReversed().map((step) => {
    const custom = opaque.get(step);
    const inputs: Inputs<Source> = custom?.inputs ?? graph.steps[step]!.inputs;
    return { step, custom, inputs: Object.entries(inputs).flatMap(([name, of]) => named(name, of as Source)) };
  });
}

/** A fused kernel that tfjs gives a gradient by hand, which takes all inputs at once: here it has one by input. */
const fusedKernels = new Set(['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D', 'Reshape']);

const isTransparent = ({ steps, order }: Graph, { start, end }: Custom): boolean =>
  order.every(
    (step) =>
      step < start ||
      step >= end ||
      (fusedKernels.has(steps[step]!.name) &&
        ['linear', undefined].includes(steps[step]!.attrs?.['activation'] as never)),
  );

const named = (name: string, of: Source | readonly Source[] | undefined): [string, Source][] =>
  of == null
    ? []
    : Array.isArray(of)
      ? (of as Source[]).map((source, i) => [String(i), source])
      : [[name, of as Source]];

/** Which inputs of which nodes a pass goes through. */
export interface Way {
  readonly graph: Graph;
  /** Last to first; only nodes that lead to something wanted. */
  readonly nodes: readonly {
    readonly node: Node;
    /** Inputs whose gradient goes on to the step that made them. */
    readonly through: readonly (readonly [name: string, step: number, output: number])[];
    /** Inputs where something wanted enters. */
    readonly into: readonly (readonly [name: string, wanted: number])[];
  }[];
}

/**
 * @param wanted says which of the wanted enters by a source, if any
 * @param ends whether a pass goes no further at a node than to what is wanted
 */
export function way(
  graph: Graph,
  all: readonly Node[],
  wanted: (source: Source) => number | undefined,
  ends: (node: Node) => boolean = () => false,
): Way {
  const leading = new Set<number>();
  const made = all.toReversed().map((node) => {
    const { name, attrs } = graph.steps[node.step]!;
    if (!node.custom && hasZeroDerivative(name, attrs)) return { node, through: [], into: [] };
    const into = node.inputs.flatMap(([name, source]) => {
      const which = wanted(source);
      return which === undefined ? [] : [[name, which] as const];
    });
    const stops = ends(node);
    const through = node.inputs.flatMap(([name, source]) =>
      !stops && 'step' in source && leading.has(source.step) && wanted(source) === undefined
        ? [[name, source.step, source.output] as const]
        : [],
    );
    if (into.length + through.length > 0) leading.add(node.step);
    return { node, through, into };
  });
  return { graph, nodes: made.filter(({ node }) => leading.has(node.step)).reverse() };
}

/** Where something wanted enters: the node, the name of its input, and how to get the gradient in that input. */
export interface Entry {
  readonly node: Node;
  readonly input: string;
  readonly wanted: number;
}

/** Where a reverse pass begins: the derivative in the output of a step. */
export interface Cotangent {
  readonly step: number;
  readonly output: number;
  readonly tensor: Tensor;
}

/** A pass from the graph's result. */
export const fromResult = ({ result }: Graph, tensor: Tensor): readonly Cotangent[] =>
  'step' in result ? [{ ...result, tensor }] : [];

/**
 * One reverse pass: calls `enter` at every entry with the derivative dy of sum <cotangent, output> in the node's output,
 * and with the gradient in the entering input, to be called for it. Both are of use only until `enter` returns; what it
 * wants to keep it keeps (`keep`). Only gradients on the way are computed.
 */
export function reverse(
  { graph, nodes }: Way,
  cotangents: readonly Cotangent[],
  enter: (entry: Entry, dy: Tensor, gradient: () => Tensor) => void,
): void {
  const derivatives = new Map<number, (Tensor | undefined)[]>();
  const accumulate = (step: number, output: number, derivative: Tensor): void => {
    const at = derivatives.get(step) ?? [];
    const before = at[output];
    at[output] = before ? tidy(() => add(before, derivative)) : derivative;
    if (before) disposeAll([before, derivative]);
    derivatives.set(step, at);
  };
  tidy(() => {
    for (const { step, output, tensor } of cotangents) accumulate(step, output, tensor.clone());
    for (const { node, through, into } of nodes) {
      const dys = derivatives.get(node.step);
      derivatives.delete(node.step);
      if (!dys) continue;
      const passed = tidy(() => {
        const gradients = gradientsOf(graph, node, dys);
        const gradient = (name: string): Tensor => {
          const made = gradients[name];
          if (made) return made();
          throw new OverparamError(
            'NO_GRADIENT',
            `tfjs has no gradient of '${graph.steps[node.step]!.name}' in its input '${name}', and a parameter acts through it.`,
          );
        };
        for (const [input, wanted] of into) enter({ node, input, wanted }, dys[0]!, () => gradient(input));
        return through.map(([name]) => {
          const made = gradient(name);
          return dys.includes(made) ? made.clone() : made;
        });
      });
      disposeAll(dys);
      through.forEach(([, step, output], i) => accumulate(step, output, passed[i]!));
    }
  });
}

/** The gradients of a node in its inputs, by name. */
function gradientsOf(graph: Graph, node: Node, dys: readonly (Tensor | undefined)[]): Gradients {
  if (node.custom) return node.custom.backwardsFunc(dys[0]!, node.custom.saved.map(graph.valueOf)) as Gradients;
  const { name, attrs, outputs } = graph.steps[node.step]!;
  const inputs = Object.fromEntries(node.inputs.map(([name, source]) => [name, graph.valueOf(source)]));
  const values = Array.from({ length: outputs }, (_, output) => graph.valueOf({ step: node.step, output }));
  return kernelGradients(name, inputs, values, dys, attrs ?? {});
}

/** The same for a kernel with these inputs and outputs. */
export function kernelGradients(
  name: string,
  inputs: Readonly<Record<string, Tensor>>,
  outputs: readonly Tensor[],
  dys: readonly (Tensor | undefined)[],
  attrs: NamedAttrMap,
): Gradients {
  const own = fusedGradients[name];
  if (own) return own(dys[0]!, inputs, outputs[0]!, attrs);
  const config = getGradient(name);
  if (!config) return {};
  const { inputsToSave = [], outputsToSave = [], saveAllInputs, gradFunc } = config;
  const saved = [
    ...(saveAllInputs ? Object.values(inputs) : inputsToSave.map((input) => inputs[input]!)),
    ...outputs.filter((_, i) => outputsToSave[i]),
  ];
  const all = outputs.map((output, i) => dys[i] ?? zerosLike(output));
  return gradFunc(all.length > 1 ? all : all[0]!, saved, attrs) as Gradients;
}
