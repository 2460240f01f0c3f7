import { concat, pad, reshape, stridedSlice, type Tensor } from '@tensorflow/tfjs-core';

/** How a window goes over the axes between the first and the last. */
export interface Window {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** How many places it has along each axis. */
  readonly places: readonly number[];
}

/** What a window sees at each place: [N, places, size x channels], from x of [N, ..., channels]. */
export function patches(x: Tensor, { size, strides, dilations, before, after, places }: Window): Tensor {
  const samples = x.shape[0]!;
  const channels = x.shape.at(-1)!;
  const padded = pad(x, [[0, 0], ...size.map((_, i): [number, number] => [before[i]!, after[i]!]), [0, 0]]);
  const offsets = size.reduce<number[][]>(
    (all, length) => all.flatMap((offset) => Array.from({ length }, (_, i) => [...offset, i])),
    [[]],
  );
  const count = places.reduce((product, length) => product * length, 1);
  const seen = offsets.map((offset) => {
    const begin = offset.map((at, i) => at * dilations[i]!);
    const end = begin.map((at, i) => at + (places[i]! - 1) * strides[i]! + 1);
    const part = stridedSlice(padded, [0, ...begin, 0], [samples, ...end, channels], [1, ...strides, 1]);
    return reshape(part, [samples, count, channels]);
  });
  return seen.length === 1 ? seen[0]! : concat(seen, 2);
}
