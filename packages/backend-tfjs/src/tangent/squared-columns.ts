import { add, concat, matMul, reshape, square, sum, tidy, transpose, zeros, type Tensor } from '@tensorflow/tfjs-core';
import type { Factor } from './factor.ts';
import { sampleGradients } from './sample-gradients.ts';
import type { Sensitivities } from './sensitivities.ts';

/**
 * The squared norms of the columns of J that belong to a factor, over these outputs, fan in x fan out: with one position
 * a sample, sum_nk (a_n)^2 (b_nk^2)^T; else from the samples' gradients, so many rows of them at a time.
 */
export function squaredColumns(factor: Factor, of: Sensitivities, rows: number): Tensor {
  const { input, positions, fanIn, fanOut } = factor;
  const one = (k: number): Tensor | undefined => {
    const b = factor.sensitivity(of, k);
    if (!b) return undefined;
    if (!input) return sum(square(b), 0, true);
    if (positions === 1) return matMul(square(input()), square(b), true, false);
    const starts = Array.from({ length: Math.ceil(fanIn / rows) }, (_, i) => i * rows);
    return concat(
      starts.map((start) => {
        const width = Math.min(rows, fanIn - start);
        return tidy(() => reshape(sum(square(sampleGradients(factor, b, start, width)), 0), [width, fanOut]));
      }),
    );
  };
  return of.outputs.reduce<Tensor>(
    (total, k) => {
      const part = one(k);
      return part ? add(total, part) : total;
    },
    zeros([fanIn, fanOut]),
  );
}

/** From the shape of a factor to that of its variable, and back. */
export const turned = (x: Tensor, transposed: boolean): Tensor => (transposed ? transpose(x) : x);
