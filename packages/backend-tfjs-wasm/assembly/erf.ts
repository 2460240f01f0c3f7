import { expNegative4 } from './exp';

/**
 * erf x: for |x| < 1 its Maclaurin series to x^21 (error 2e-9), else 1 - e^(-x^2) times a polynomial in 1 / (1 + p |x|)
 * (Abramowitz and Stegun 7.1.26, error 1.5e-7).
 */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(1.0 / 76204800.0);
  p = f32x4.add(f32x4.splat(-1.0 / 6894720.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(1.0 / 685440.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(-1.0 / 75600.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(1.0 / 9360.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(-1.0 / 1320.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(1.0 / 216.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(-1.0 / 42.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(0.1), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(-1.0 / 3.0), f32x4.mul(z, p));
  p = f32x4.add(f32x4.splat(1), f32x4.mul(z, p));
  const near = f32x4.mul(f32x4.mul(x, f32x4.splat(1.12837917)), p);

  const t = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(0.3275911), f32x4.abs(x))));
  let q = f32x4.add(f32x4.splat(-1.453152027), f32x4.mul(t, f32x4.splat(1.061405429)));
  q = f32x4.add(f32x4.splat(1.421413741), f32x4.mul(t, q));
  q = f32x4.add(f32x4.splat(-0.284496736), f32x4.mul(t, q));
  q = f32x4.add(f32x4.splat(0.254829592), f32x4.mul(t, q));
  const far = f32x4.sub(f32x4.splat(1), f32x4.mul(f32x4.mul(t, q), expNegative4(f32x4.neg(z))));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(near, signed, f32x4.lt(f32x4.abs(x), f32x4.splat(1)));
}

/** (1 + erf(x / sqrt 2)) / 2, the probability that a normal number is below x. */
// @ts-ignore: decorator
@inline
export function normalDistribution4(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return f32x4.add(half, f32x4.mul(half, erf4(f32x4.mul(x, f32x4.splat(0.707106781)))));
}
