// All arithmetic of parameter size that a step does beside its direction rule: the one place for fused kernels.
import { add, concat, keep, mul, reshape, scalar, square, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Answer } from '@overparam/core';
import { disposeAll } from './engine.ts';
import { whenAnswered, type Read } from './read.ts';

/** Tensors that are parts of one vector of parameter size. */
export type Vector = readonly Tensor[];

/** w - step u */
export function step(w: Vector, u: Vector, step: number): Tensor[] {
  const factor = scalar(step);
  try {
    return each(w, (x, i) => sub(x, mul(u[i]!, factor)));
  } finally {
    factor.dispose();
  }
}

/** (1 - tau) x + tau y */
export const mix = (x: Vector, y: Vector, tau: number): Tensor[] =>
  each(x, (part, i) => add(mul(part, 1 - tau), mul(y[i]!, tau)));

/** x + momentum (y - z) */
export const extrapolate = (x: Vector, momentum: number, y: Vector, z: Vector): Tensor[] =>
  each(x, (part, i) => add(part, mul(sub(y[i]!, z[i]!), momentum)));

/** x - y */
export const difference = (x: Vector, y: Vector): Tensor[] => each(x, (part, i) => sub(part, y[i]!));

function each(parts: Vector, f: (part: Tensor, index: number) => Tensor): Tensor[] {
  const made: Tensor[] = [];
  try {
    parts.forEach((part, i) => made.push(keep(tidy(() => f(part, i)))));
    return made;
  } catch (error) {
    disposeAll(made);
    throw error;
  }
}

/** A number to read: a scalar, or the inner product of two vectors. */
export type Wanted = Tensor | readonly [Vector, Vector];

/**
 * Reads scalars and inner products in one go. A product comes back as partial sums over some dozens of entries, to be
 * added in float64: a sum over millions in float32 would cost digits that a line search needs.
 */
export function readNumbers(read: Read, wanted: readonly Wanted[]): Answer<number[]> {
  const lengths: number[] = [];
  const numbers = tidy(() => {
    const parts = wanted.map((one) => {
      const sums = isPair(one) ? one[0].map((a, i) => partialSums(a, one[1][i]!)) : [reshape(one, [1])];
      lengths.push(sums.reduce((length, { size }) => length + size, 0));
      return sums;
    });
    return keep(concat(parts.flat()));
  });
  return whenAnswered(read(numbers), (values) => {
    let at = 0;
    return lengths.map((length) => {
      let total = 0;
      for (const end = at + length; at < end; at++) total += values[at]!;
      return total;
    });
  });
}

function partialSums(a: Tensor, b: Tensor): Tensor {
  const product = a === b ? square(a) : mul(a, b);
  let columns = 1;
  for (let axis = a.rank - 1; axis >= 0 && columns < 64; axis--) columns *= a.shape[axis]!;
  return sum(reshape(product, [a.size / columns, columns]), 1);
}

const isPair = (wanted: Wanted): wanted is readonly [Vector, Vector] => Array.isArray(wanted);
