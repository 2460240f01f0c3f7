import { reshape, slice, type Tensor } from '@tensorflow/tfjs-core';
import type { Graph } from '../recording/graph.ts';
import { fromResult, type Cotangent } from './reverse.ts';

/** What is differentiated: N x C numbers that a graph computes, the rows of which belong to samples. */
export interface Outcome {
  /** N */
  readonly samples: number;
  /** C */
  readonly width: number;
  /** Where a reverse pass of <u, outcome> begins, for u of N x C; to be called within `tidy`. */
  from(u: Tensor): readonly Cotangent[];
}

/** The result of the graph, N x C. */
export function resultOf(graph: Graph): Outcome {
  const [samples, width] = graph.valueOf(graph.result).shape as [number, number];
  return { samples, width, from: (u) => fromResult(graph, u) };
}

/** Tensors inside of a graph, with one block of rows a sample, side by side. */
export function tensorsOf(graph: Graph, places: readonly Omit<Cotangent, 'tensor'>[], samples: number): Outcome {
  const shapes = places.map((place) => graph.valueOf(place).shape);
  const widths = places.map((place) => graph.valueOf(place).size / samples);
  return {
    samples,
    width: widths.reduce((sum, width) => sum + width, 0),
    from(u) {
      let start = 0;
      return places.map((place, i) => {
        const part = places.length === 1 ? u : slice(u, [0, start], [samples, widths[i]!]);
        start += widths[i]!;
        return { ...place, tensor: reshape(part, shapes[i]!) };
      });
    },
  };
}
