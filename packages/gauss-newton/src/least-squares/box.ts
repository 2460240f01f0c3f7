import { badOption, OverparamError } from '@overparam/core';

/** lower <= x <= upper; -Infinity and Infinity where there is no bound. A parameter whose bounds are equal is fixed. */
export interface Bounds {
  /** One for all, or one a parameter. */
  readonly lower?: number | ArrayLike<number>;
  readonly upper?: number | ArrayLike<number>;
}

export interface Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** @throws OverparamError `BAD_OPTION`, `SHAPE_MISMATCH`: bounds that cross, or a start outside them */
export function boxOf({ lower = -Infinity, upper = Infinity }: Bounds, start: Float64Array): Box {
  const side = (name: string, given: number | ArrayLike<number>): Float64Array => {
    if (typeof given === 'number') return new Float64Array(start.length).fill(given);
    if (given.length !== start.length)
      throw new OverparamError(
        'SHAPE_MISMATCH',
        `bounds.${name} has ${given.length} numbers, and there are ${start.length} parameters.`,
      );
    return Float64Array.from(given);
  };
  const box = { lower: side('lower', lower), upper: side('upper', upper) };
  start.forEach((x, i) => {
    const [least, most] = [box.lower[i]!, box.upper[i]!];
    if (!(least <= most && least < Infinity && most > -Infinity))
      throw badOption(`bounds of parameter ${i}`, `${least} to ${most}`, 'a lower bound that is at most the upper one');
    if (!(least <= x && x <= most)) throw badOption(`start[${i}]`, x, `a number from ${least} to ${most}, its bounds`);
  });
  return box;
}

/** Where x is held: -1 at its lower bound and 1 at its upper one, when f falls only beyond them; 0 elsewhere. */
export const heldBy = ({ lower, upper }: Box, x: Float64Array, g: Float64Array): Int8Array =>
  Int8Array.from(x, (xi, i) => (xi <= lower[i]! && g[i]! >= 0 ? -1 : xi >= upper[i]! && g[i]! <= 0 ? 1 : 0));

/** max_i |x - P(x - g)|_i with P the projection onto the box: zero at a solution, and max_i |g_i| without bounds. */
export function optimality({ lower, upper }: Box, x: Float64Array, g: Float64Array): number {
  let most = 0;
  x.forEach((xi, i) => {
    const room = g[i]! > 0 ? xi - lower[i]! : upper[i]! - xi;
    const along = Math.min(Math.abs(g[i]!), room);
    if (!(along <= most)) most = along;
  });
  return most;
}
