import { add, keep, mul, scalar, sum, tidy, zeros, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { disposeAll, engine } from '../recording/engine.ts';
import type { Selection } from '../modules/part.ts';
import { record, type Recording } from '../recording/recording.ts';
import { gradientsOf } from './gradients.ts';
import type { Outcome } from './outcome.ts';
import { fromResult, nodes, reverse, way } from './reverse.ts';
import type { Structure } from './structure.ts';

/** J v as the derivative in u of <J^T u, v>, which is linear in u: a reverse pass through a reverse pass. N x C, kept. */
export function productByTwoPasses(
  structure: Structure,
  variables: readonly Variable[],
  { samples, width, from }: Outcome,
  v: ReadonlyMap<number, Tensor>,
  selection: Selection,
): Tensor {
  const u = zeros([samples, width]);
  let recording: Recording | undefined;
  try {
    recording = record(
      () =>
        engine().tidy(() => {
          const gradients = gradientsOf(structure, variables, from(u), selection);
          const products = [...gradients].map(([variable, g]) => sum(mul(g, v.get(variable)!)));
          disposeAll(gradients.values());
          return products.reduce((total, product) => add(total, product));
        }),
      [u],
      true,
    );
    let product: Tensor | undefined;
    const graph = recording.graph!;
    const back = way(graph, nodes(graph), (source) => ('variable' in source ? 0 : undefined));
    tidy(() =>
      reverse(back, fromResult(graph, scalar(1)), (_, __, gradient) => {
        const before = product;
        product = keep(before ? add(before, gradient()) : gradient().clone());
        before?.dispose();
      }),
    );
    return product ?? keep(zerosLike(u));
  } finally {
    recording?.value.dispose();
    recording?.dispose();
    u.dispose();
  }
}
