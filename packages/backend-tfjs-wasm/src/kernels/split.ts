import { type Exports } from './exports.ts';
import { type KernelHost } from './host.ts';

/** A kernel over many like items: numbers, rows, images. */
export interface Range {
  readonly items: number;
  /** Parts begin at multiples of this number of items. */
  readonly grain?: number;
  /** What all of it costs, in numbers that pass through a simple function. */
  readonly cost: number;
}

/**
 * Calls a kernel for ranges of its items, which threads share where that pays. Whatever the ranges are, the results are the same
 * to the bit: only what comes out of one item, in one order of operations, may be split.
 *
 * @param args the arguments for `count` items from the one at `first` on
 */
export function split(
  host: KernelHost,
  kernel: keyof Exports,
  { items, grain = 1, cost }: Range,
  args: (first: number, count: number) => readonly number[],
): void {
  host.share(kernel, cost, (most, compute) => compute(ranges(items, partsOf(items, grain, most), grain, args)));
}

/** Into how many parts, at most, items can be cut that lie side by side in grains. */
export const partsOf = (items: number, grain: number, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(items / grain)));

/** Splits the items into `parts` nearly equal ranges aligned to `grain`, and maps each with `of`. */
export function ranges<T>(
  items: number,
  parts: number,
  grain: number,
  of: (first: number, count: number, part: number) => T,
): T[] {
  if (parts === 1) return [of(0, items, 0)];
  const at = bounds(items, parts, grain);
  return Array.from({ length: parts }, (_, part) => of(at[part]!, at[part + 1]! - at[part]!, part));
}

/** Where `parts` about equal parts of `items` begin, at multiples of `grain`, and where the last one ends. */
export function bounds(items: number, parts: number, grain: number): readonly number[] {
  return Array.from({ length: parts + 1 }, (_, i) =>
    i === parts ? items : Math.floor((items * i) / parts / grain) * grain,
  );
}
