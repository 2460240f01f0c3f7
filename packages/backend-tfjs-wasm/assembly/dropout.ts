import { read, write } from './lanes';

/**
 * Of numbers first ... first + n of a tensor, y = x scale where the hash of (index, seed) is at least the threshold, an unsigned number; 0 elsewhere. The hash is
 * MurmurHash3_x86_32 (A. Appleby, public domain) of the four bytes of the index; `src/ops/murmur3.ts` computes the same one.
 */
export function dropout(x: usize, first: i32, n: i32, seed: i32, threshold: i32, scale: f32, y: usize): void {
  const s = i32x4.splat(seed), t = i32x4.splat(threshold), f = f32x4.splat(scale);
  for (let i = 0; i < n; ) {
    const four = i + 4 <= n, p = <usize>i << 2;
    const kept = i32x4.ge_u(murmur3(i32x4.add(i32x4.splat(first + i), i32x4(0, 1, 2, 3)), s), t);
    write(y + p, v128.and(f32x4.mul(read(x + p, four), f), kept), four);
    i += four ? 4 : 1;
  }
}

// @ts-ignore: decorator
@inline
function murmur3(k: v128, seed: v128): v128 {
  k = i32x4.mul(rotate(i32x4.mul(k, i32x4.splat(0xcc9e2d51)), 15), i32x4.splat(0x1b873593));
  let h = i32x4.mul(rotate(v128.xor(seed, k), 13), i32x4.splat(5));
  // 4 is the length of the key in bytes.
  h = v128.xor(i32x4.add(h, i32x4.splat(0xe6546b64)), i32x4.splat(4));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

// @ts-ignore: decorator
@inline
function rotate(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}
