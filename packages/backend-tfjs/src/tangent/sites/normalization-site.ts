import { add, moments, mul, reshape, rsqrt, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Site, SiteContext, SiteRule } from './site.ts';

/** Scale or offset of a normalization along the last axis: x^ scale + offset. */
function scaleOrOffset(
  { view, samples, sources, graph, input }: SiteContext,
  normalized: (x: Tensor) => Tensor,
): Site | undefined {
  const x = graph.valueOf(sources['x']!);
  const { size } = graph.valueOf(sources[input]!);
  const positions = x.size / size / samples;
  if (
    view.transposed ||
    !['scale', 'offset'].includes(input) ||
    x.shape.at(-1) !== size ||
    !Number.isInteger(positions)
  )
    return undefined;
  return {
    variable: view.variable,
    positions: 1,
    fanIn: 1,
    fanOut: size,
    transposed: false,
    input: undefined,
    constant: undefined,
    sensitivity(dy) {
      const gradient = input === 'offset' ? dy : mul(reshape(dy, x.shape), normalized(x));
      return positions === 1
        ? reshape(gradient, [samples, size])
        : sum(reshape(gradient, [samples, positions, size]), 1);
    },
  };
}

/** Batch normalization with statistics that are given. */
export const batchNormSite: SiteRule = (context) => {
  const { graph, node, sources } = context;
  const [mean, variance] = ['mean', 'variance'].map((name) => graph.valueOf(sources[name]!)) as [Tensor, Tensor];
  if (mean.rank !== 1) return undefined;
  const epsilon = graph.steps[node.step]!.attrs!['varianceEpsilon'] as number;
  return scaleOrOffset(context, (x) => mul(sub(x, mean), rsqrt(add(variance, epsilon))));
};

/** Layer normalization by one kernel (@overparam/backend-tfjs-wasm). */
export const layerNormSite: SiteRule = (context) => {
  const epsilon = context.graph.steps[context.node.step]!.attrs!['epsilon'] as number;
  return scaleOrOffset(context, (x) => {
    const { mean, variance } = moments(x, -1, true);
    return mul(sub(x, mean), rsqrt(add(variance, epsilon)));
  });
};
