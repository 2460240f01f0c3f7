import { reshape, sum, tile, type Tensor } from '@tensorflow/tfjs-core';
import { kernelGradients } from '../reverse.ts';
import type { SiteRule } from './site.ts';

/**
 * A parameter that is broadcast over the samples in a kernel that works entry by entry: bias, scale, slope. The kernel's own
 * gradient sums over the samples; given a copy of the parameter for every row of its output, it leaves them apart.
 */
export const elementwiseSite: SiteRule = ({ graph, node, input, view, samples, sources }) => {
  if (view.transposed) return undefined;
  const { name, attrs } = graph.steps[node.step]!;
  const inputs = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, graph.valueOf(source)]));
  const output = graph.valueOf({ step: node.step, output: 0 });
  const parameter = inputs[input]!;
  const [rows = 1] = output.shape;
  const aligned = [...Array<number>(output.rank - parameter.rank).fill(1), ...parameter.shape];
  if (rows % samples !== 0 || output.rank === 0 || aligned[0] !== 1) return undefined;
  return {
    variable: view.variable,
    positions: 1,
    fanIn: 1,
    fanOut: parameter.size,
    transposed: false,
    input: undefined,
    constant: undefined,
    sensitivity(dy) {
      // The bias of a dense layer, without the copies.
      if (name === 'Add' && parameter.size * samples === output.size) return reshape(dy, [samples, parameter.size]);
      const copies = tile(reshape(parameter, aligned), [rows, ...aligned.slice(1).map(() => 1)]);
      const gradient: Tensor = kernelGradients(name, { ...inputs, [input]: copies }, [output], [dy], attrs ?? {})[
        input
      ]!();
      if (rows === samples) return reshape(gradient, [samples, parameter.size]);
      return sum(reshape(gradient, [samples, rows / samples, parameter.size]), 1);
    },
  };
};

/** The bias of a fused kernel, along the last axis. */
export const fusedBiasSite: SiteRule = ({ graph, view, samples, sources, node }) => {
  const { size } = graph.valueOf(sources['bias']!);
  const output = graph.valueOf({ step: node.step, output: 0 });
  const positions = output.size / size / samples;
  if (!Number.isInteger(positions) || view.transposed || output.shape.at(-1) !== size) return undefined;
  return {
    variable: view.variable,
    positions: 1,
    fanIn: 1,
    fanOut: size,
    transposed: false,
    input: undefined,
    constant: undefined,
    sensitivity: (dy) =>
      positions === 1 ? reshape(dy, [samples, size]) : sum(reshape(dy, [samples, positions, size]), 1),
  };
};
