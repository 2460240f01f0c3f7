import { add, concat, keep, reshape, transpose, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { disposeAll } from '../recording/engine.ts';
import type { Source } from '../recording/graph.ts';
import { as } from '../recording/meter.ts';
import { withPart, partOf, type Part, type Selection } from '../modules/part.ts';
import { productsOfParts } from './part-products.ts';
import { reverse, way, type Cotangent } from './reverse.ts';
import type { Structure } from './structure.ts';

/**
 * The derivatives of sum <cotangent, output> in the wanted parts of variables, each in one piece, by one reverse pass;
 * those that do not act are left out. The caller disposes of them.
 *
 * @param around True: what is not wanted, and is not just added, counts as a constant together with what it is applied
 *   to. The pass goes around it, by residual connections, and is not exact; unless nothing is reached so.
 */
export function gradientsOf(
  structure: Structure,
  variables: readonly Variable[],
  from: readonly Cotangent[],
  wanted: Selection,
  around = false,
): Map<number, Tensor> {
  const gradients = new Map<number, Tensor>();
  if (wanted.size === 0) return gradients;
  const { nodes, viewOf } = structure;
  const graph = around ? withoutResting(structure, variables, wanted) : structure.graph;
  const products = productsOfParts(structure, variables, wanted);
  const entersBy = (source: Source): number | undefined => {
    const view = viewOf(source)?.variable;
    if (view !== undefined && products.has(view)) return view;
    return 'variable' in source && wanted.has(source.variable) ? source.variable : undefined;
  };
  const rests = (source: Source): boolean => {
    const view = viewOf(source);
    return view !== undefined && !wanted.has(view.variable);
  };
  const ends = ({ step, inputs }: Structure['nodes'][number]): boolean =>
    around && inputs.some(([name, source]) => rests(source) && !isAdded(graph.steps[step]!.name, name));
  const to = way(graph, nodes, entersBy, ends);
  try {
    reverse(to, from, ({ node, input, wanted: variable }, dy, gradient) => {
      const product = products.get(variable)?.get(`${node.step}/${input}`);
      const made = as('weightGradients', () => (product ? product(dy) : partOf(gradient(), wanted.get(variable))));
      const before = gradients.get(variable);
      // A gradient may be a tensor that is lent.
      gradients.set(variable, keep(before ? add(before, made) : made.clone()));
      before?.dispose();
    });
  } catch (error) {
    disposeAll(gradients.values());
    throw error;
  }
  return around && gradients.size === 0 ? gradientsOf(structure, variables, from, wanted) : gradients;
}

/** Whether an input of a kernel is added to what the others make. */
const isAdded = (kernel: string, input: string): boolean =>
  ['Add', 'AddN', 'Sub'].includes(kernel) || input === 'bias' || input === 'offset';

/** The graph with 0 in the places of what rests of variables that take part. */
function withoutResting(
  { graph, viewOf }: Structure,
  variables: readonly Variable[],
  wanted: Selection,
): Structure['graph'] {
  return {
    ...graph,
    valueOf(source) {
      const value = graph.valueOf(source);
      const view = viewOf(source);
      const part = view && wanted.get(view.variable);
      return part ? masking(variables[view.variable]!, part, view.transposed, value.shape) : value;
    },
  };
}

function masking(variable: Variable, part: Part, transposed: boolean, shape: number[]): Tensor {
  const masked = withPart(partOf(variable, part), part, zerosLike(variable));
  return reshape(transposed ? transpose(reshape(masked, [...shape].reverse())) : masked, shape);
}

/** u^T J: the same in one row, of the wanted parts one after the other, 0 where they do not act; to be called within `tidy`. */
export function rowOf(
  structure: Structure,
  variables: readonly Variable[],
  from: readonly Cotangent[],
  wanted: Selection,
): Tensor {
  const gradients = gradientsOf(structure, variables, from, wanted);
  try {
    return concat(
      [...wanted].map(([variable, part]) =>
        reshape(gradients.get(variable) ?? partOf(zerosLike(variables[variable]!), part), [-1]),
      ),
    );
  } finally {
    disposeAll(gradients.values());
  }
}
