import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { badOption } from '@overparam/core';

/** beta a + (1 - beta) x, with a = 0 at first. */
export function average(a: Tensor | undefined, x: Tensor, beta: number): Tensor {
  const fresh = mul(x, 1 - beta);
  return a ? add(mul(a, beta), fresh) : fresh;
}

/** The same, divided by 1 - beta^t: without the bias towards the zero at the start. */
export const unbiased = (a: Tensor, beta: number, t: number): Tensor => mul(a, 1 / (1 - beta ** t));

export function checkRate(name: string, beta: number): void {
  if (!(beta >= 0 && beta < 1)) throw badOption(name, beta, 'a number >= 0 and < 1');
}

export function checkNonNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw badOption(name, value, 'a finite number >= 0');
}
