/** Four rows of k side-by-side elements, `major` bytes apart, written as k lines of four, `line` bytes apart. */
export function transpose4(src: usize, major: usize, k: i32, to: usize, line: usize): void {
  let r0 = src, r1 = src + major, r2 = r1 + major, r3 = r2 + major;
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const a = v128.load(r0), b = v128.load(r1), c = v128.load(r2), d = v128.load(r3);
    const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd0 = i32x4.shuffle(c, d, 0, 4, 1, 5), cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(ab0, cd0, 0, 2)); to += line;
    v128.store(to, i64x2.shuffle(ab0, cd0, 1, 3)); to += line;
    v128.store(to, i64x2.shuffle(ab1, cd1, 0, 2)); to += line;
    v128.store(to, i64x2.shuffle(ab1, cd1, 1, 3)); to += line;
    r0 += 16; r1 += 16; r2 += 16; r3 += 16;
  }
  for (; p < k; p++) {
    store<f32>(to, load<f32>(r0)); store<f32>(to, load<f32>(r1), 4);
    store<f32>(to, load<f32>(r2), 8); store<f32>(to, load<f32>(r3), 12);
    to += line; r0 += 4; r1 += 4; r2 += 4; r3 += 4;
  }
}
