// Where the window of one output position lies within the input: the range of its taps that hit, in one dimension.

/** The first tap at or behind the start of the input. */
// @ts-ignore: decorator
@inline
export function firstTap(corner: i32, dilation: i32): i32 {
  return corner >= 0 ? 0 : (dilation - 1 - corner) / dilation;
}

/** One past the last tap before the end of the input. */
// @ts-ignore: decorator
@inline
export function endTap(corner: i32, dilation: i32, taps: i32, size: i32): i32 {
  const room = size - corner;
  return room <= 0 ? 0 : min(taps, (room + dilation - 1) / dilation);
}
