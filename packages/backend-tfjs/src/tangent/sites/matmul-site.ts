import { reshape, transpose, type Tensor } from '@tensorflow/tfjs-core';
import type { SiteRule } from './site.ts';

/** x W, with the rows of x along the samples: a dense layer, at one position or several. */
export const matMulSite: SiteRule = ({ graph, node, input, view, samples, sources }) => {
  if (input !== 'b') return undefined;
  const { transposeA, transposeB } = (graph.steps[node.step]!.attrs ?? {}) as Readonly<Record<string, boolean>>;
  const x = sources['a']!;
  const weights = graph.valueOf(sources['b']!);
  const [rows, columns] = weights.shape.slice(-2) as [number, number];
  if (weights.size !== rows * columns) return undefined;
  const [fanIn, fanOut] = transposeB ? [columns, rows] : [rows, columns];
  const positions = graph.valueOf(x).size / fanIn / samples;
  if (!Number.isInteger(positions)) return undefined;
  const turned = (a: Tensor): Tensor =>
    transposeA ? transpose(a, [...a.shape.keys()].slice(0, -2).concat(a.rank - 1, a.rank - 2)) : a;
  return {
    variable: view.variable,
    positions,
    fanIn,
    fanOut,
    transposed: view.transposed !== Boolean(transposeB),
    input: () => reshape(turned(graph.valueOf(x)), [samples * positions, fanIn]),
    constant: 'constant' in x && !transposeA ? x.constant.dataId : undefined,
    sensitivity: (dy) => reshape(dy, [samples * positions, fanOut]),
  };
};
