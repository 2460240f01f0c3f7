/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sum4(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** The greatest of the four lanes; NaN where one is NaN. */
// @ts-ignore: decorator
@inline
export function max4(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** Four numbers, or one. */
// @ts-ignore: decorator
@inline
export function read(at: usize, four: bool): v128 {
  return four ? v128.load(at) : v128.load32_zero(at);
}

// @ts-ignore: decorator
@inline
export function write(at: usize, v: v128, four: bool): void {
  if (four) v128.store(at, v);
  else v128.store_lane<f32>(at, v, 0);
}
