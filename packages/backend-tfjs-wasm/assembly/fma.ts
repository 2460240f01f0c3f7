/** c + x b: fused where the build may (relaxed SIMD), rounded twice where it may not. */
// @ts-ignore: decorator
@inline
export function fma(x: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, b, c) : f32x4.add(c, f32x4.mul(x, b));
}
