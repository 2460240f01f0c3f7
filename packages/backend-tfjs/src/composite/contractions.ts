import {
  cast,
  gather,
  unsortedSegmentSum,
  add,
  concat,
  matMul,
  mul,
  reshape,
  slice,
  sum,
  tidy,
  transpose,
  zeros,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import type { Sensitivities } from './sensitivities.ts';
import type { Site } from './site.ts';

/**
 * J^T u at one site, in the variable's shape: sum_nt a_nt (sum_k u_nk b_nkt)^T.
 * @param u N x C
 */
export function transposedAt(site: Site, of: Sensitivities, u: Tensor, shape: number[]): Tensor | undefined {
  const [samples, width] = u.shape as [number, number];
  const { positions, fanOut } = site;
  const sums = tidy(() => {
    const weighted = of.outputs.flatMap((k) => {
      const b = of.at(site, k);
      if (!b) return [];
      const column = width === 1 ? u : slice(u, [0, k], [samples, 1]);
      // One output and no input: the sum over the samples is a product.
      return [site.input ? mul(reshape(b, [samples, positions * fanOut]), column) : matMul(column, b, true, false)];
    });
    return weighted.length === 0
      ? undefined
      : weighted.slice(1).reduce((total, part) => add(total, part), weighted[0]!);
  }) as Tensor | undefined;
  if (!sums) return undefined;
  if (!site.input) return reshape(sums, shape);
  const b = reshape(sums, [samples * positions, fanOut]);
  if (site.index) return reshape(unsortedSegmentSum(b, cast(site.index() as Tensor1D, 'int32'), site.fanIn), shape);
  const a = site.input();
  return reshape(site.transposed ? matMul(b, a, true, false) : matMul(a, b, true, false), shape);
}

/**
 * J v at one site, N x C: sum_t <a_nt V, b_nkt>.
 * @param v in the variable's shape
 */
export function productAt(site: Site, of: Sensitivities, v: Tensor, samples: number): Tensor {
  const { positions, fanIn, fanOut } = site;
  const matrix = site.transposed ? transpose(reshape(v, [fanOut, fanIn])) : reshape(v, [fanIn, fanOut]);
  const moved = site.index
    ? reshape(gather(matrix, cast(site.index(), 'int32')), [samples, positions * fanOut])
    : site.input && reshape(matMul(site.input(), matrix), [samples, positions * fanOut]);
  return concat(
    of.outputs.map((k) => {
      const b = of.at(site, k);
      if (!b) return zeros([samples, 1]);
      if (!moved) return matMul(b, reshape(matrix, [fanOut, 1]));
      return sum(mul(reshape(b, [samples, positions * fanOut]), moved), 1, true);
    }),
    1,
  );
}
