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
import { columns, type SitePart } from './factor.ts';

/**
 * J^T u at one site, in the shape of the variable, or its part: sum_nt a_nt (sum_k u_nk b_nkt)^T.
 * @param u N x C
 */
export function transposedAt(
  { site, ins, outs }: SitePart,
  of: Sensitivities,
  u: Tensor,
  shape: number[],
): Tensor | undefined {
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
  const b = columns(reshape(sums, [-1, fanOut]), fanOut, outs);
  if (!site.input) return reshape(b, shape);
  if (site.index && !ins && !outs)
    return reshape(unsortedSegmentSum(b, cast(site.index() as Tensor1D, 'int32'), site.fanIn), shape);
  const a = columns(site.input(), site.fanIn, ins);
  return reshape(site.transposed ? matMul(b, a, true, false) : matMul(a, b, true, false), shape);
}

/**
 * J v at one site, N x C: sum_t <a_nt V, b_nkt>.
 * @param v in the shape of the variable, or its part
 */
export function productAt({ site, ins, outs }: SitePart, of: Sensitivities, v: Tensor, samples: number): Tensor {
  const { positions } = site;
  const [fanIn, fanOut] = [ins?.length ?? site.fanIn, outs?.length ?? site.fanOut];
  const matrix = site.transposed ? transpose(reshape(v, [fanOut, fanIn])) : reshape(v, [fanIn, fanOut]);
  const moved =
    site.index && !ins
      ? reshape(gather(matrix, cast(site.index(), 'int32')), [samples, positions * fanOut])
      : site.input && reshape(matMul(columns(site.input(), site.fanIn, ins), matrix), [samples, positions * fanOut]);
  return concat(
    of.outputs.map((k) => {
      const whole = of.at(site, k);
      if (!whole) return zeros([samples, 1]);
      const b = columns(whole, site.fanOut, outs);
      if (!moved) return matMul(b, reshape(matrix, [fanOut, 1]));
      return sum(mul(reshape(b, [samples, positions * fanOut]), moved), 1, true);
    }),
    1,
  );
}
