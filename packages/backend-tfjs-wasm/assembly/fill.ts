/** n 32-bit values. */
export function fill(x: usize, n: i32, bits: i32): void {
  const end = x + (<usize>n << 2), four = i32x4.splat(bits);
  for (; x + 16 <= end; x += 16) v128.store(x, four);
  for (; x < end; x += 4) store<i32>(x, bits);
}
