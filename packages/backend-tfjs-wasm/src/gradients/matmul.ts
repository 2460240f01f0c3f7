import { type GradConfig, matMul, reshape, type Tensor, util } from '@tensorflow/tfjs-core';
import { sumToShape } from './sum-to-shape.ts';

/** BatchMatMul, with batches that broadcast: tfjs-core leaves out the sum over the broadcast axes. */
export const matMulGradient: GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved, attrs) => {
    const [a, b, y] = [...saved, dy] as [Tensor, Tensor, Tensor];
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    // One matrix for a whole batch of untransposed ones: their rows make one tall product.
    const tall =
      !transposeA && a.rank > 2 && util.sizeFromShape(b.shape.slice(0, -2)) === 1 && y.size > 0 && a.size > 0;
    if (tall)
      return {
        a: () => reshape(matMul(rows(y), reshape(b, b.shape.slice(-2)), false, !transposeB), a.shape),
        b: () => reshape(transposeB ? matMul(rows(y), rows(a), true) : matMul(rows(a), rows(y), true), b.shape),
      };
    return {
      a: () => fit(transposeA ? matMul(b, y, transposeB, true) : matMul(y, b, false, !transposeB), a.shape),
      b: () => fit(transposeB ? matMul(y, a, true, transposeA) : matMul(a, y, !transposeA, false), b.shape),
    };
  },
};

/** `sumToShape` of a tensor that nobody else has: as a rule it fits, and needs no other name. */
const fit = (x: Tensor, shape: number[]): Tensor => (util.arraysEqual(x.shape, shape) ? x : sumToShape(x, shape));

/** All rows of all matrices. */
const rows = (x: Tensor): Tensor => reshape(x, [-1, x.shape[x.rank - 1]!]);
