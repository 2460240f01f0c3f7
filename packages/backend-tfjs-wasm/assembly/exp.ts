// e^x on four lanes. x = n ln 2 + r with |r| <= ln 2 / 2; e^r - 1 by its Taylor polynomial of degree 7 (relative error 5e-9);
// ln 2 in two parts (Cody and Waite) so that r is exact to the last bit. NaN stays NaN: pmin and pmax, which unlike min and max
// are one instruction, keep a NaN that comes first.
import { fma } from './fma';

// @ts-ignore: decorator
@inline
const LOG2E: f32 = 1.44269504;
// @ts-ignore: decorator
@inline
const LN2_HIGH: f32 = 0.693359375;
// @ts-ignore: decorator
@inline
const LN2_LOW: f32 = -2.12194440e-4;
/** 1.5 * 2^23: adding it rounds to an integer, which then stands in the lowest bits. */
// @ts-ignore: decorator
@inline
const ROUND: f32 = 12582912;
// @ts-ignore: decorator
@inline
const ROUND_BITS: i32 = 0x4b400000;

/** e^r - 1 for |r| <= ln 2 / 2. */
// @ts-ignore: decorator
@inline
function reduced(r: v128): v128 {
  let p = fma(r, f32x4.splat(1.0 / 5040.0), f32x4.splat(1.0 / 720.0));
  p = fma(r, p, f32x4.splat(1.0 / 120.0));
  p = fma(r, p, f32x4.splat(1.0 / 24.0));
  p = fma(r, p, f32x4.splat(1.0 / 6.0));
  p = fma(r, p, f32x4.splat(0.5));
  return fma(f32x4.mul(r, r), p, r);
}

/** x log2 e rounded, in the lowest bits. */
// @ts-ignore: decorator
@inline
function rounded(x: v128): v128 {
  return fma(x, f32x4.splat(LOG2E), f32x4.splat(ROUND));
}

// @ts-ignore: decorator
@inline
function remainder(x: v128, t: v128): v128 {
  const n = f32x4.sub(t, f32x4.splat(ROUND));
  return fma(n, f32x4.splat(-LN2_LOW), fma(n, f32x4.splat(-LN2_HIGH), x));
}

/** 2^n for the integer n in the lowest bits, -126 <= n <= 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), i32x4.splat(0x3f800000));
}

// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // Beyond these bounds the result is 0 or Infinity all the same.
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const t = rounded(x);
  const p = f32x4.add(f32x4.splat(1), reduced(remainder(x, t)));
  // In two halves, so that subnormal results and Infinity come out right.
  const n = i32x4.sub(t, i32x4.splat(ROUND_BITS)), half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(n, half)));
}

/**
 * e^x for x <= 0, the one that softmax and sigmoid wait for: a polynomial of degree 5 whose greatest relative error is least
 * (1.1e-7). Results below the normal numbers are 0.
 */
// @ts-ignore: decorator
@inline
export function expNegative4(x: v128): v128 {
  const t = rounded(x), r = remainder(x, t), scale = power2(t);
  let p = fma(r, f32x4.splat(0.008312525), f32x4.splat(0.041890115));
  p = fma(r, p, f32x4.splat(0.16667114));
  p = fma(r, p, f32x4.splat(0.49999231));
  p = fma(r, p, f32x4.splat(1));
  return v128.andnot(fma(f32x4.mul(r, scale), p, scale), f32x4.lt(x, f32x4.splat(-87.3)));
}

/** e^x - 1 without cancellation near 0, for x <= 88. */
// @ts-ignore: decorator
@inline
export function expm1_4(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-40));
  const t = rounded(x), scale = power2(t);
  return f32x4.add(f32x4.mul(scale, reduced(remainder(x, t))), f32x4.sub(scale, f32x4.splat(1)));
}

/** 1 / (1 + e^-x), accurate for large |x| of both signs. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const e = expNegative4(v128.or(x, f32x4.splat(-0.0)));
  const top = v128.bitselect(e, f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(f32x4.splat(1), e));
}

/** tanh x = -t / (t + 2) with t = e^(-2|x|) - 1, and the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const t = expm1_4(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const y = f32x4.div(f32x4.neg(t), f32x4.add(t, f32x4.splat(2)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}
