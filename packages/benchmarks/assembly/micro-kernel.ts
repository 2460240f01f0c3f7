// What one core can do at best: a 5 x 8 tile of C += A B, its panels packed and in the first cache. 10 sums, 2 columns of B
// and one element of A fill the vector registers that V8 has; every loaded element of A meets two of B.
// @ts-ignore: decorator
@inline
function fma(x: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, b, c) : f32x4.add(c, f32x4.mul(x, b));
}

/** `times` tiles of k steps each, from panels of A at 1024 and of B at 8192. */
export function run(times: i32, k: i32): void {
  for (let i = 0; i < times; i++) tile(k, 1024, 8192, 32768);
}

export function tile(k: i32, a: usize, b: usize, c: usize): void {
  let s00 = v128.load(c), s01 = v128.load(c, 16), s10 = v128.load(c, 32), s11 = v128.load(c, 48);
  let s20 = v128.load(c, 64), s21 = v128.load(c, 80), s30 = v128.load(c, 96), s31 = v128.load(c, 112);
  let s40 = v128.load(c, 128), s41 = v128.load(c, 144);
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
    x = v128.load32_splat(a, 4);
    s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
    x = v128.load32_splat(a, 8);
    s20 = fma(x, b0, s20); s21 = fma(x, b1, s21);
    x = v128.load32_splat(a, 12);
    s30 = fma(x, b0, s30); s31 = fma(x, b1, s31);
    x = v128.load32_splat(a, 16);
    s40 = fma(x, b0, s40); s41 = fma(x, b1, s41);
    a += 20; b += 32;
  }
  v128.store(c, s00); v128.store(c, s01, 16); v128.store(c, s10, 32); v128.store(c, s11, 48);
  v128.store(c, s20, 64); v128.store(c, s21, 80); v128.store(c, s30, 96); v128.store(c, s31, 112);
  v128.store(c, s40, 128); v128.store(c, s41, 144);
}
