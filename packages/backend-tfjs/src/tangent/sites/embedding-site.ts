import { cast, oneHot, reshape, type Tensor } from '@tensorflow/tfjs-core';
import type { SiteRule } from './site.ts';

/** Rows of a table, by index: a is the index as a unit vector. */
export const embeddingSite: SiteRule = ({ graph, node, view, samples, sources, input }) => {
  const { axis = 0, batchDims = 0 } = (graph.steps[node.step]!.attrs ?? {}) as Readonly<Record<string, number>>;
  const table = graph.valueOf(sources['x']!);
  const indices = graph.valueOf(sources['indices']!);
  const positions = indices.size / samples;
  if (input !== 'x' || axis !== 0 || batchDims !== 0 || view.transposed || !Number.isInteger(positions))
    return undefined;
  const fanIn = table.shape[0]!;
  const fanOut = table.size / fanIn;
  const index = (): Tensor => reshape(indices, [samples * positions]);
  return {
    variable: view.variable,
    positions,
    fanIn,
    fanOut,
    transposed: false,
    input: () => cast(oneHot(index(), fanIn), 'float32'),
    index,
    constant: 'constant' in sources['indices']! ? sources['indices'].constant.dataId : undefined,
    sensitivity: (dy) => reshape(dy, [samples * positions, fanOut]),
  };
};
