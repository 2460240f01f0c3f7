// e^x on four lanes. x = n ln 2 + r with |r| <= ln 2 / 2; e^r - 1 by its Taylor polynomial of degree 7 (relative error 5e-9);
// ln 2 in two parts (Cody and Waite) so that r is exact to the last bit. NaN stays NaN.

// @ts-ignore: decorator
@inline
const LOG2E: f32 = 1.44269504;
// @ts-ignore: decorator
@inline
const LN2_HIGH: f32 = 0.693359375;
// @ts-ignore: decorator
@inline
const LN2_LOW: f32 = -2.12194440e-4;

/** e^r - 1 for |r| <= ln 2 / 2. */
// @ts-ignore: decorator
@inline
function reduced(r: v128): v128 {
  let p = f32x4.add(f32x4.splat(1.0 / 720.0), f32x4.mul(r, f32x4.splat(1.0 / 5040.0)));
  p = f32x4.add(f32x4.splat(1.0 / 120.0), f32x4.mul(r, p));
  p = f32x4.add(f32x4.splat(1.0 / 24.0), f32x4.mul(r, p));
  p = f32x4.add(f32x4.splat(1.0 / 6.0), f32x4.mul(r, p));
  p = f32x4.add(f32x4.splat(0.5), f32x4.mul(r, p));
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, r), p));
}

/** 2^n for integers -126 <= n <= 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

// @ts-ignore: decorator
@inline
function remainder(x: v128, n: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)));
}

export function exp4(x: v128): v128 {
  // Beyond these bounds the result is 0 or Infinity all the same.
  x = f32x4.min(f32x4.max(x, f32x4.splat(-104)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(LOG2E)));
  const p = f32x4.add(f32x4.splat(1), reduced(remainder(x, n)));
  // In two halves, so that subnormal results and Infinity come out right.
  const i = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(i, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(i, half)));
}

/** e^x - 1 without cancellation near 0, for x <= 88. */
export function expm1_4(x: v128): v128 {
  x = f32x4.max(x, f32x4.splat(-40));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(LOG2E)));
  const scale = power2(i32x4.trunc_sat_f32x4_s(n));
  return f32x4.add(f32x4.mul(scale, reduced(remainder(x, n))), f32x4.sub(scale, f32x4.splat(1)));
}

/** 1 / (1 + e^-x), accurate for large |x| of both signs. */
export function sigmoid4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const s = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
  return v128.bitselect(f32x4.mul(e, s), s, f32x4.lt(x, f32x4.splat(0)));
}

/** tanh x = -t / (t + 2) with t = e^(-2|x|) - 1, and the sign of x. */
export function tanh4(x: v128): v128 {
  const t = expm1_4(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const y = f32x4.div(f32x4.neg(t), f32x4.add(t, f32x4.splat(2)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}
