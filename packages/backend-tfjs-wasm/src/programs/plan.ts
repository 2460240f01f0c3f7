/** A block of memory that is in use from one step of a program to another, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Where blocks lie in an arena, in bytes from its start, and how large it is. */
export interface Plan {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** A line of the cache: blocks begin at multiples of it. */
const line = 64;

interface Gap {
  at: number;
  bytes: number;
}

/**
 * Places blocks so that those whose lifetimes overlap do not overlap in memory: each in the first gap that is large enough, in the
 * order of their first use, as an allocator would that gives memory back at once.
 */
export function plan(blocks: readonly Lifetime[]): Plan {
  const offsets = new Array<number>(blocks.length).fill(0);
  const sizes = blocks.map(({ bytes }) => Math.max(1, Math.ceil(bytes / line)) * line);
  const byFirst = [...blocks.keys()].sort((a, b) => blocks[a]!.first - blocks[b]!.first || sizes[b]! - sizes[a]!);
  const byLast = [...blocks.keys()].sort((a, b) => blocks[a]!.last - blocks[b]!.last);
  const gaps: Gap[] = [{ at: 0, bytes: Infinity }];
  let [top, ended] = [0, 0];
  for (const i of byFirst) {
    for (; blocks[byLast[ended]!]!.last < blocks[i]!.first; ended++)
      release(gaps, offsets[byLast[ended]!]!, sizes[byLast[ended]!]!);
    const place = gaps.findIndex(({ bytes }) => bytes >= sizes[i]!);
    const gap = gaps[place]!;
    offsets[i] = gap.at;
    gap.at += sizes[i]!;
    gap.bytes -= sizes[i]!;
    if (gap.bytes === 0) gaps.splice(place, 1);
    top = Math.max(top, offsets[i]! + sizes[i]!);
  }
  return { offsets, bytes: top };
}

function release(gaps: Gap[], at: number, bytes: number): void {
  let place = gaps.findIndex((gap) => gap.at > at);
  const [before, after] = [gaps[place - 1], gaps[place]!];
  if (before && before.at + before.bytes === at) {
    before.bytes += bytes;
    place--;
  } else gaps.splice(place, 0, { at, bytes });
  const gap = gaps[place]!;
  if (gap.at + gap.bytes === after.at) {
    gap.bytes += after.bytes;
    gaps.splice(place + 1, 1);
  }
}
