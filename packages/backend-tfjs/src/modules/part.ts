import { concat, slice, type Tensor } from '@tensorflow/tfjs-core';

/** Indices along an axis from the first up to, and without, the second. */
export type Range = readonly [from: number, to: number];

/** A part of a tensor: ascending ranges along one axis, which do not touch. */
export interface Ranges {
  readonly axis: number;
  readonly ranges: readonly Range[];
}

/** All of a tensor where it is undefined. */
export type Part = Ranges | undefined;

/** Which variables of a list take part, by index, and with which of their entries. */
export type Selection = ReadonlyMap<number, Part>;

/** How many indices the ranges hold. */
export const lengthOf = ({ ranges }: Ranges): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0);

/** How many entries of a tensor of this shape belong to the part. */
export const entriesOf = ({ size, shape }: Pick<Tensor, 'size' | 'shape'>, part: Part): number =>
  part ? (size / shape[part.axis]!) * lengthOf(part) : size;

/** A part in one piece, of the tensor's rank; the tensor itself where it is all of it. */
export function partOf(x: Tensor, part: Part): Tensor {
  if (!part) return x;
  return joined(
    part.ranges.map((range) => between(x, part.axis, range)),
    part.axis,
  );
}

/** `whole` with `x` instead of its part; `x` where that is all of it. */
export function withPart(x: Tensor, part: Part, whole: Tensor): Tensor {
  if (!part) return x;
  const { axis, ranges } = part;
  const pieces: Tensor[] = [];
  let [done, used] = [0, 0];
  for (const [from, to] of ranges) {
    if (from > done) pieces.push(between(whole, axis, [done, from]));
    pieces.push(ranges.length === 1 ? x : between(x, axis, [used, used + to - from]));
    used += to - from;
    done = to;
  }
  if (done < whole.shape[axis]!) pieces.push(between(whole, axis, [done, whole.shape[axis]!]));
  return joined(pieces, axis);
}

function between(x: Tensor, axis: number, [from, to]: Range): Tensor {
  const begin = x.shape.map((_, i) => (i === axis ? from : 0));
  return slice(
    x,
    begin,
    x.shape.map((length, i) => (i === axis ? to - from : length)),
  );
}

const joined = (pieces: readonly Tensor[], axis: number): Tensor =>
  pieces.length === 1 ? pieces[0]! : concat([...pieces], axis);

/** Ranges in ascending order, those that touch or overlap as one. */
export function merged(ranges: readonly Range[]): Range[] {
  const joined: [number, number][] = [];
  for (const [from, to] of [...ranges].filter(([from, to]) => from < to).sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** The indices below `length` that the ranges, ascending and separate, leave out. */
export function complement(ranges: readonly Range[], length: number): Range[] {
  const ends = [...ranges, [length, length] as const];
  return ends.flatMap(([from], i): Range[] => {
    const before = i === 0 ? 0 : ends[i - 1]![1];
    return before < from ? [[before, from]] : [];
  });
}
