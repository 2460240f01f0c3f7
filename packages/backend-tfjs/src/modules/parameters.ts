// All arithmetic of parameter size in a step, except the direction rule.
import {
  add,
  concat,
  keep,
  mul,
  reshape,
  square,
  slice,
  sub,
  sum,
  tensor,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { disposeAll, engine } from '../recording/engine.ts';
import { fused } from '../recording/fused.ts';
import { read, type Reading } from '../recording/reading.ts';

/** Tensors that are parts of one vector of parameter size. */
export type Vector = readonly Tensor[];

/** w - step u */
export const step = (w: Vector, u: Vector, step: number): Tensor[] =>
  each(w, (x, i) => {
    const [y] = fused('OverparamAxpy', () => ({ x, d: u[i]! }), { step: -step }) ?? [];
    return y ?? (scalesAndShifts() ? scaleAndShift(u[i]!, -step, x) : sub(x, mul(u[i]!, step)));
  });

/** Whether batch normalization takes parameters of any size, as the kernels of these backends do. */
const scalesAndShifts = (): boolean => ['cpu', 'wasm'].includes(engine().backendName);

/**
 * scale x + shift in one pass: batch normalization with mean 0 and variance 1. tfjs has no kernel for it otherwise, and
 * a product and a sum would take another copy of the largest variable.
 */
function scaleAndShift(x: Tensor, scale: number, shift: Tensor): Tensor {
  const single = (value: number): Tensor =>
    tensor(
      [value],
      shift.shape.map(() => 1),
    );
  const inputs = { x, scale: single(scale), offset: shift, mean: single(0), variance: single(1) };
  return engine().runKernel('FusedBatchNorm', inputs, { varianceEpsilon: 0 }) as Tensor;
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
export type Quantity = Tensor | readonly [Vector, Vector];

/**
 * Reads scalars and inner products together. A product is read as partial sums over some dozens of entries, which are
 * added in float64: a sum over millions in float32 would lose digits that a line search needs.
 */
export function* readNumbers(quantities: readonly Quantity[]): Reading<number[]> {
  const lengths: number[] = [];
  const numbers = tidy(() => {
    const parts = quantities.map((one) => {
      const sums = isPair(one) ? one[0].map((a, i) => partialSums(a, one[1][i]!)) : [reshape(one, [1])];
      lengths.push(sums.reduce((length, { size }) => length + size, 0));
      return sums;
    });
    return keep(concat(parts.flat()));
  });
  const values = yield* read(numbers);
  let at = 0;
  return lengths.map((length) => {
    let total = 0;
    for (const end = at + length; at < end; at++) total += values[at]!;
    return total;
  });
}

function partialSums(a: Tensor, b: Tensor): Tensor {
  // <a, b> and |a|^2 in float64, each as two numbers of float32.
  const [dots] = fused('OverparamDots', () => ({ g: a, d: b })) ?? [];
  if (dots) return slice(dots, 0, 2);
  const product = a === b ? square(a) : mul(a, b);
  let columns = 1;
  for (let axis = a.rank - 1; axis >= 0 && columns < 64; axis--) columns *= a.shape[axis]!;
  return sum(reshape(product, [a.size / columns, columns]), 1);
}

const isPair = (one: Quantity): one is readonly [Vector, Vector] => Array.isArray(one);
