// Whatever only moves numbers: transposes, tiles, slices, stacks. A copy is a nest of loops, each of a size and of a step in
// bytes through the source and through the target; the innermost one or two of them go four numbers at a time.
import { transpose4 } from './transpose4';

/** Bytes of a loop in a plan: size, source step, target step. */
// @ts-ignore: decorator
@inline
const LOOP: usize = 12;

/** Copies by the plan of `depth` loops, the outermost first, of numbers of 4 bytes or of 1. */
export function stridedCopy(x: usize, out: usize, plan: usize, depth: i32, bytes: i32): void {
  const size = load<i32>(plan), from = load<i32>(plan, 4), to = load<i32>(plan, 8);
  if (depth == 1) line(x, out, size, from, to, bytes);
  else if (depth == 2 && bytes == 4 && from == 4 && load<i32>(plan, LOOP + 8) == 4) {
    plane(x, out, size, to, load<i32>(plan, LOOP), load<i32>(plan, LOOP + 4));
  } else {
    for (let i = 0; i < size; i++) {
      stridedCopy(x, out, plan + LOOP, depth - 1, bytes);
      x += from; out += to;
    }
  }
}

function line(x: usize, out: usize, size: i32, from: i32, to: i32, bytes: i32): void {
  if (from == bytes && to == bytes) {
    const end = <usize>size * <usize>bytes;
    let p: usize = 0;
    if (end >= 256) {
      memory.copy(out, x, end);
      return;
    }
    for (; p + 16 <= end; p += 16) v128.store(out + p, v128.load(x + p));
    for (; p < end; p += bytes) {
      if (bytes == 4) store<i32>(out + p, load<i32>(x + p));
      else store<u8>(out + p, load<u8>(x + p));
    }
    return;
  }
  if (bytes == 4) {
    let i = 0;
    if (from == 0 && to == 4) {
      const v = v128.load32_splat(x);
      for (; i + 4 <= size; i += 4) { v128.store(out, v); out += 16; }
    }
    for (; i < size; i++) { store<i32>(out, load<i32>(x)); x += from; out += to; }
  } else {
    for (let i = 0; i < size; i++) { store<u8>(out, load<u8>(x)); x += from; out += to; }
  }
}

/** A transpose: the target's rows, `to` apart, are columns of the source, side by side; its columns are the source's rows, `from` apart. */
function plane(x: usize, out: usize, rows: i32, to: i32, columns: i32, from: i32): void {
  const whole = columns & ~3;
  // So many rows that the lines they touch stay in the first cache until the next four columns fill them up.
  for (let r = 0; r < rows; r += 64) {
    const count = min(64, rows - r);
    const xr = x + (<usize>r << 2), or = out + <usize>r * <usize>to;
    for (let c = 0; c < whole; c += 4) transpose4(xr + <usize>c * <usize>from, from, count, or + (<usize>c << 2), to);
    for (let c = whole; c < columns; c++) line(xr + <usize>c * <usize>from, or + (<usize>c << 2), count, 4, to, 4);
  }
}
