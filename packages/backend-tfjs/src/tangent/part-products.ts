import { matMul, reshape, type NamedAttrMap, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { Source } from '../recording/graph.ts';
import { partOf, type Ranges, type Selection } from '../modules/part.ts';
import { columns } from './factor.ts';
import { matMulSite } from './sites/matmul-site.ts';
import { kernelGradients, type Node } from './reverse.ts';
import { shapeOf, sitePart } from './sites/site-part.ts';
import { entering, type Structure } from './structure.ts';

/** The gradient in a part of a variable, from the derivative in what the kernel gives that it enters. */
export type Product = (dy: Tensor) => Tensor;

/**
 * For parts of matrices and of filters, how their gradient comes from the columns of x and dy, or the channels, that belong
 * to them, taken before the product: by variable, and by step and input. The others are not there.
 */
export function productsOfParts(
  structure: Structure,
  variables: readonly Variable[],
  wanted: Selection,
): Map<number, Map<string, Product>> {
  const sliced = new Map([...wanted].flatMap(([i, part]) => (part ? [[i, part] as const] : [])));
  const products = new Map<number, Map<string, Product> | undefined>();
  if (sliced.size === 0) return new Map();
  for (const { node, into } of entering(structure, sliced).nodes)
    for (const [input, variable] of into) {
      const entry = { node, input, shape: variables[variable]!.shape, part: sliced.get(variable)! };
      const product = ofMatrix(structure, entry) ?? ofFilter(structure, entry);
      const before = products.has(variable) ? products.get(variable) : new Map<string, Product>();
      products.set(variable, product && before?.set(`${node.step}/${input}`, product));
    }
  return new Map([...products].flatMap(([variable, of]) => (of ? [[variable, of] as const] : [])));
}

interface EntryOfPart {
  readonly node: Node;
  readonly input: string;
  /** Of the variable. */
  readonly shape: readonly number[];
  readonly part: Ranges;
}

/** sum_t a_t b_t^T over the columns of the part. */
function ofMatrix({ graph, viewOf }: Structure, { node, input, shape, part }: EntryOfPart): Product | undefined {
  if (node.custom || !['BatchMatMul', '_FusedMatMul'].includes(graph.steps[node.step]!.name)) return undefined;
  const sources = Object.fromEntries(node.inputs) as Record<string, Source>;
  const view = viewOf(sources[input]!)!;
  // All rows are one sample's: they are summed over.
  const whole = matMulSite({ graph, node, input, view, samples: 1, sources });
  const at = whole && sitePart(whole, shape, part);
  if (!at) return undefined;
  const { site, ins, outs } = at;
  return (dy) => {
    const a = columns(site.input!(), site.fanIn, ins);
    const b = columns(site.sensitivity(dy), site.fanOut, outs);
    return reshape(site.transposed ? matMul(b, a, true, false) : matMul(a, b, true, false), shapeOf(shape, part));
  };
}

/** The kernel's own gradient, of some channels in or out: the last two axes of a filter. */
function ofFilter({ graph }: Structure, { node, input, shape, part }: EntryOfPart): Product | undefined {
  const { name, attrs } = graph.steps[node.step]!;
  const outs = part.axis === shape.length - 1;
  if (node.custom || !['Conv2D', 'FusedConv2D'].includes(name) || input !== 'filter') return undefined;
  if ((!outs && part.axis !== shape.length - 2) || (attrs?.['dataFormat'] ?? 'NHWC') !== 'NHWC') return undefined;
  const sources = Object.fromEntries(node.inputs) as Record<string, Source>;
  const filter = sources['filter']!;
  // Renamed or transposed, its axes are others.
  if (!('variable' in filter)) return undefined;
  return (dy) => {
    const [x, output] = [graph.valueOf(sources['x']!), graph.valueOf({ step: node.step, output: 0 })];
    const channels = (of: Tensor): Tensor => partOf(of, { axis: of.rank - 1, ranges: part.ranges });
    const y = reshape(dy, output.shape);
    const inputs = { x: outs ? x : channels(x), filter: partOf(graph.valueOf(filter), part) };
    const dys = [outs ? channels(y) : y];
    return kernelGradients('Conv2D', inputs, [output], dys, (attrs ?? {}) as NamedAttrMap)['filter']!();
  };
}
