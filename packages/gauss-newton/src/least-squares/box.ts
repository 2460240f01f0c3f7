import { badOption, OverparamError, withDefaults } from '@overparam/core';
import type { Linearization } from './linearization.ts';

/** lower <= x <= upper; -Infinity and Infinity where there is no bound. A parameter whose bounds are equal is fixed. */
export interface Bounds {
  /** One number for all parameters, or one per parameter. @default -Infinity */
  readonly lower?: number | ArrayLike<number>;
  /** One number for all parameters, or one per parameter. @default Infinity */
  readonly upper?: number | ArrayLike<number>;
}

/** scipy's form, `[lows, highs]`: each a number for all parameters, or one number per parameter. */
export type BoundsPair = readonly [lower: number | ArrayLike<number>, upper: number | ArrayLike<number>];

export interface Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, `SHAPE_MISMATCH`: bounds that cross, or a start outside them */
export function boxOf(given: Bounds | BoundsPair, start: Float64Array): Box {
  const pair = isPair(given) ? checkPair(given, start) : null;
  const { lower, upper } = pair
    ? { lower: pair[0], upper: pair[1] }
    : withDefaults<Bounds>('bounds', { lower: -Infinity, upper: Infinity }, given as Bounds);
  const box = { lower: side('lower', lower, start.length), upper: side('upper', upper, start.length) };
  start.forEach((x, i) => {
    const [least, most] = [box.lower[i]!, box.upper[i]!];
    if (!(least <= most && least < Infinity && most > -Infinity))
      throw badOption(`bounds of parameter ${i}`, `${least} to ${most}`, 'a lower bound that is at most the upper one');
    if (!(least <= x && x <= most)) throw badOption(`start[${i}]`, x, `a number from ${least} to ${most}, its bounds`);
  });
  return box;
}

function side(name: string, given: number | ArrayLike<number>, parameters: number): Float64Array {
  if (typeof given === 'number') return new Float64Array(parameters).fill(given);
  if (!isList(given)) throw badOption(`bounds.${name}`, given, 'a number, or one number per parameter');
  if (given.length !== parameters)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `bounds.${name} has ${given.length} numbers, and there are ${parameters} parameters.`,
    );
  const strange = Array.from(given).findIndex((edge) => typeof edge !== 'number');
  if (strange >= 0) throw badOption(`bounds.${name}[${strange}]`, given[strange], 'a number; -Infinity or Infinity for no bound'); // prettier-ignore
  return new Float64Array(given);
}

const isList = (given: unknown): given is ArrayLike<number> => Array.isArray(given) || ArrayBuffer.isView(given);

const isPair = (given: Bounds | BoundsPair): given is BoundsPair => isList(given);

const form = "{ lower, upper }, each a number or one number per parameter, or scipy's [lows, highs]";

/** Refuses a list that may as well be a pair [low, high] per parameter. */
function checkPair(given: BoundsPair, start: Float64Array): BoundsPair {
  const [lower, upper] = given;
  if (given.length !== 2) throw badOption('bounds', JSON.stringify(given), form);
  if (start.length !== 2 || !isList(lower) || !isList(upper) || lower.length !== 2 || upper.length !== 2) return given;
  const inside = (i: number, [low, high]: readonly number[]): boolean =>
    low! < high! && low! <= start[i]! && start[i]! <= high!;
  const byParameter = inside(0, Array.from(lower)) && inside(1, Array.from(upper));
  const bySide = inside(0, [lower[0]!, upper[0]!]) && inside(1, [lower[1]!, upper[1]!]);
  const symmetric = lower[1] === upper[0];
  if (byParameter && !symmetric)
    throw badOption(
      'bounds',
      JSON.stringify(given),
      `${form}; for two parameters this list ${bySide ? 'may also be' : 'seems to be'} one pair per parameter, so write { lower, upper }`,
    );
  return given;
}

/** Where x is held: -1 at its lower bound and 1 at its upper one, when f falls only beyond them; 0 elsewhere. */
export const heldBy = ({ lower, upper }: Box, x: Float64Array, g: Float64Array): Int8Array =>
  Int8Array.from(x, (xi, i) => (xi <= lower[i]! && g[i]! >= 0 ? -1 : xi >= upper[i]! && g[i]! <= 0 ? 1 : 0));

/** max_i |x - P(x - g)|_i with P the projection onto the box: zero at a solution, and max_i |g_i| without bounds. */
export function optimality(box: Box, x: Float64Array, g: Float64Array): number {
  let most = 0;
  for (let j = 0; j < x.length; j++) {
    const along = Math.min(Math.abs(g[j]!), roomAlong(box, x, g, j));
    if (!(along <= most)) most = along;
  }
  return most;
}

/**
 * max_j min(|J_j . r| / (|J_j| |r|), |J_j| room_j / |r|), with room_j the way to the bound that -g_j points to: the largest cosine
 * between r and a column of J, as in MINPACK's test, and zero at a solution. It has no unit.
 */
export function largestCosine(box: Box, x: Float64Array, { g, scaledR }: Linearization, lengths: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < scaledR.length; i++) squares += scaledR[i]! * scaledR[i]!;
  if (squares === 0) return 0;
  const length = Math.sqrt(squares);
  let most = 0;
  lengths.forEach((column, j) => {
    if (column === 0) return;
    const cosine = Math.min(Math.abs(g[j]!) / column, roomAlong(box, x, g, j) * column) / length;
    if (!(cosine <= most)) most = cosine;
  });
  return most;
}

/** How far x_j is from the bound that -g_j points to. */
const roomAlong = ({ lower, upper }: Box, x: Float64Array, g: Float64Array, j: number): number =>
  g[j]! > 0 ? x[j]! - lower[j]! : upper[j]! - x[j]!;
