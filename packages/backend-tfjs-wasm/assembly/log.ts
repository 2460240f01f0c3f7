// log x on four lanes. x = m 2^e with sqrt(1/2) <= m < sqrt 2; log m = 2 atanh s = 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1).

// @ts-ignore: decorator
@inline
const LN2_HIGH: f32 = 0.693359375;
// @ts-ignore: decorator
@inline
const LN2_LOW: f32 = -2.12194440e-4;

// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  // Subnormal numbers times 2^23.
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const y = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  // Subtracting the bits of sqrt(1/2) puts the cut between exponents there.
  const bits = i32x4.sub(y, i32x4.splat(0x3f3504f3));
  const e = i32x4.shr_s(bits, 23);
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one)), z = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.splat(2.0 / 7.0), f32x4.mul(z, f32x4.splat(2.0 / 9.0)));
  p = f32x4.add(f32x4.splat(2.0 / 5.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(2.0 / 3.0), f32x4.mul(z, p));
  const n = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(small, f32x4.splat(23)));
  const tail = f32x4.add(f32x4.mul(f32x4.mul(s, z), p), f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let log = f32x4.add(f32x4.mul(n, f32x4.splat(LN2_HIGH)), f32x4.add(f32x4.add(s, s), tail));
  log = v128.bitselect(f32x4.splat(-Infinity), log, f32x4.eq(x, zero));
  log = v128.bitselect(f32x4.splat(Infinity), log, f32x4.eq(x, f32x4.splat(Infinity)));
  return v128.bitselect(log, f32x4.splat(NaN), f32x4.ge(x, zero));
}

/** log(1 + x), accurate near 0: log(u) times x / (u - 1) with u = 1 + x rounded (Kahan). */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const one = f32x4.splat(1), u = f32x4.add(one, x);
  const log = log4(u), corrected = f32x4.mul(log, f32x4.div(x, f32x4.sub(u, one)));
  const y = v128.bitselect(x, corrected, f32x4.eq(u, one));
  return v128.bitselect(log, y, f32x4.eq(u, f32x4.splat(Infinity)));
}
