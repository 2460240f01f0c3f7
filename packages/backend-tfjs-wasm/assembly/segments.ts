/**
 * out[ids[i]] += x[i], for `inner` numbers of rows that lie `stride` numbers apart; ids outside 0 .. segments - 1 are dropped.
 * `whole` for 32-bit integers.
 */
export function segmentSum(
  x: usize, ids: usize, rows: i32, inner: i32, stride: i32, segments: i32, whole: bool, out: usize,
): void {
  const bytes = <usize>inner << 2, line = <usize>stride << 2;
  for (let i = 0; i < rows; i++) {
    const id = load<i32>(ids + (<usize>i << 2));
    if (<u32>id < <u32>segments) {
      const to = out + <usize>id * line;
      let p: usize = 0;
      if (whole) for (; p < bytes; p += 4) store<i32>(to + p, load<i32>(to + p) + load<i32>(x + p));
      for (; p + 16 <= bytes; p += 16) v128.store(to + p, f32x4.add(v128.load(to + p), v128.load(x + p)));
      for (; p < bytes; p += 4) store<f32>(to + p, load<f32>(to + p) + load<f32>(x + p));
    }
    x += line;
  }
}

/**
 * out[b, o, i] = x[b, o, ids[b, i]], for slices of `bytes` bytes; x has `size` slices along the axis.
 * Returns the place of the first id out of range, or -1.
 */
export function gather(
  x: usize, ids: usize, batch: i32, outer: i32, count: i32, size: i32, bytes: usize, out: usize,
): i32 {
  for (let i = 0; i < batch * count; i++) {
    if (<u32>load<i32>(ids + (<usize>i << 2)) >= <u32>size) return i;
  }
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        const from = x + <usize>load<i32>(ids + (<usize>i << 2)) * bytes;
        let p: usize = 0;
        if (bytes >= 256) memory.copy(out, from, bytes);
        else {
          for (; p + 16 <= bytes; p += 16) v128.store(out + p, v128.load(from + p));
          for (; p + 4 <= bytes; p += 4) store<i32>(out + p, load<i32>(from + p));
          for (; p < bytes; p++) store<u8>(out + p, load<u8>(from + p));
        }
        out += bytes;
      }
      x += <usize>size * bytes;
    }
    ids += <usize>count << 2;
  }
  return -1;
}
