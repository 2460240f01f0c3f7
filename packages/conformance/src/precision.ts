import type { Answer } from '@overparam/core';
import { ensure, shown } from './promise-broken.ts';

/** The arithmetic of a backend. */
export type Precision = 'float32' | 'float64';

/** How far computed numbers may be from exact ones, relative to the largest number that led to them. */
export interface Tolerance {
  /** Of an answer. */
  readonly exact: number;
  /** Of a derivative by {@link derivative}. */
  readonly differential: number;
  /** The step of {@link derivative}, for a function that changes on the scale 1. */
  readonly difference: number;
}

export function toleranceOf(precision: Precision): Tolerance {
  const epsilon = precision === 'float32' ? 2 ** -23 : 2 ** -52;
  // The error of the derivative is h^6 by truncation and epsilon / h by rounding.
  const difference = epsilon ** (1 / 7);
  return { exact: 2 ** 6 * epsilon, difference, differential: 2 ** 6 * difference ** 6 };
}

/** phi'(0) by central differences with the steps h, h/2 and h/4, extrapolated to h = 0 (Richardson): exact to h^6. */
export async function derivative(phi: (step: number) => Answer<number>, h: number): Promise<number> {
  const central = async (t: number): Promise<number> => ((await phi(t)) - (await phi(-t))) / (2 * t);
  const [a, b, c] = [await central(h), await central(h / 2), await central(h / 4)];
  const [ab, bc] = [(4 * b - a) / 3, (4 * c - b) / 3];
  return (16 * bc - ab) / 15;
}

export type Numbers = ArrayLike<number>;

/** Ensures that |actual - expected| <= tolerance * scale, entry by entry; the scale is at least the largest entry expected. */
export function ensureClose(
  actual: number | Numbers,
  expected: number | Numbers,
  tolerance: number,
  what: string,
  scale = 0,
): void {
  const [a, e] = [list(actual), list(expected)];
  ensure(a.length === e.length, () => `${what}: ${a.length} numbers instead of ${e.length}`);
  const size = e.reduce((most, x) => Math.max(most, Math.abs(x)), scale);
  a.forEach((x, i) =>
    ensure(
      Math.abs(x - e[i]!) <= tolerance * size,
      () => `${what}: ${shown(actual)} instead of ${shown(expected)}${a.length > 1 ? `, at ${i}` : ''}`,
    ),
  );
}

const list = (numbers: number | Numbers): number[] => (typeof numbers === 'number' ? [numbers] : Array.from(numbers));
