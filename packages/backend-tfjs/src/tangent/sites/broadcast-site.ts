import { reshape, sum } from '@tensorflow/tfjs-core';
import type { SiteRule } from './site.ts';

/** A parameter that is repeated for every sample, by a kernel of its own. */
export const broadcastSite: SiteRule = ({ graph, node, view, samples, sources, input }) => {
  const parameter = graph.valueOf(sources[input]!);
  const output = graph.valueOf({ step: node.step, output: 0 });
  const aligned = [...Array<number>(output.rank - parameter.rank).fill(1), ...parameter.shape];
  const [rows = 1] = output.shape;
  if (view.transposed || output.rank === 0 || aligned[0] !== 1 || rows % samples !== 0) return undefined;
  return {
    variable: view.variable,
    positions: 1,
    fanIn: 1,
    fanOut: parameter.size,
    transposed: false,
    input: undefined,
    constant: undefined,
    sensitivity(dy) {
      // [samples, rows of each, repeats and length of the second axis, of the third, ...]
      const apart = aligned.slice(1).flatMap((length, i) => [output.shape[i + 1]! / length, length]);
      const repeats = [1, ...aligned.slice(1).map((_, i) => 2 + 2 * i)];
      return reshape(sum(reshape(dy, [samples, rows / samples, ...apart]), repeats), [samples, parameter.size]);
    },
  };
};
