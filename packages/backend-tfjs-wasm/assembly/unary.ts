// Functions of one number, four at a time.
import { erf4, normalDistribution4 } from './erf';
import { exp4, expm1_4, expNegative4, sigmoid4, tanh4 } from './exp';
import { read, write } from './lanes';
import { log1p4, log4 } from './log';

// @ts-ignore: decorator
@inline
const EXP = 0, EXPM1 = 1, LOG = 2, LOG1P = 3, SIGMOID = 4, TANH = 5, SOFTPLUS = 6, ERF = 7, ELU = 8, SELU = 9,
  LEAKY_RELU = 10, SQRT = 11, RSQRT = 12, RECIPROCAL = 13, STEP = 14, SQUARE = 15, CUBE = 16,
  GELU = 17, SILU = 18, RELU = 19, RELU6 = 20, NEG = 21, ABS = 22;

/** y = f(x), with a parameter for those that have one. */
export function unary(f: i32, x: usize, y: usize, n: i32, alpha: f32): void {
  if (f == EXP) each(EXP, x, y, n, alpha);
  else if (f == EXPM1) each(EXPM1, x, y, n, alpha);
  else if (f == LOG) each(LOG, x, y, n, alpha);
  else if (f == LOG1P) each(LOG1P, x, y, n, alpha);
  else if (f == SIGMOID) each(SIGMOID, x, y, n, alpha);
  else if (f == TANH) each(TANH, x, y, n, alpha);
  else if (f == SOFTPLUS) each(SOFTPLUS, x, y, n, alpha);
  else if (f == ERF) each(ERF, x, y, n, alpha);
  else if (f == ELU) each(ELU, x, y, n, alpha);
  else if (f == SELU) each(SELU, x, y, n, alpha);
  else if (f == LEAKY_RELU) each(LEAKY_RELU, x, y, n, alpha);
  else if (f == SQRT) each(SQRT, x, y, n, alpha);
  else if (f == RSQRT) each(RSQRT, x, y, n, alpha);
  else if (f == RECIPROCAL) each(RECIPROCAL, x, y, n, alpha);
  else if (f == STEP) each(STEP, x, y, n, alpha);
  else if (f == SQUARE) each(SQUARE, x, y, n, alpha);
  else if (f == CUBE) each(CUBE, x, y, n, alpha);
  else if (f == GELU) each(GELU, x, y, n, alpha);
  else if (f == SILU) each(SILU, x, y, n, alpha);
  else if (f == RELU) each(RELU, x, y, n, alpha);
  else if (f == RELU6) each(RELU6, x, y, n, alpha);
  else if (f == NEG) each(NEG, x, y, n, alpha);
  else each(ABS, x, y, n, alpha);
}

// @ts-ignore: decorator
@inline
function each(f: i32, x: usize, y: usize, n: i32, alpha: f32): void {
  const end = <usize>n << 2;
  const a = f32x4.splat(alpha);
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) v128.store(y + p, apply(f, v128.load(x + p), a));
  for (; p < end; p += 4) write(y + p, apply(f, read(x + p, false), a), false);
}

// @ts-ignore: decorator
@inline
function apply(f: i32, x: v128, a: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  if (f == EXP) return exp4(x);
  if (f == EXPM1) return v128.bitselect(exp4(x), expm1_4(x), f32x4.gt(x, f32x4.splat(80)));
  if (f == LOG) return log4(x);
  if (f == LOG1P) return log1p4(x);
  if (f == SIGMOID) return sigmoid4(x);
  if (f == TANH) return tanh4(x);
  if (f == SOFTPLUS) return f32x4.add(f32x4.pmax(x, zero), log1p4(expNegative4(v128.or(x, f32x4.splat(-0.0)))));
  if (f == ERF) return erf4(x);
  if (f == ELU) return v128.bitselect(x, expm1_4(x), f32x4.ge(x, zero));
  if (f == SELU) {
    const low = f32x4.mul(f32x4.splat(1.7580993408473766), expm1_4(x));
    return v128.bitselect(f32x4.mul(f32x4.splat(1.0507009873554805), x), low, f32x4.ge(x, zero));
  }
  if (f == LEAKY_RELU) return v128.bitselect(f32x4.mul(x, a), x, f32x4.lt(x, zero));
  if (f == SQRT) return f32x4.sqrt(x);
  if (f == RSQRT) return f32x4.div(one, f32x4.sqrt(x));
  if (f == RECIPROCAL) return f32x4.div(one, x);
  if (f == STEP) {
    const y = v128.bitselect(one, a, f32x4.gt(x, zero));
    return v128.bitselect(y, x, f32x4.eq(x, x));
  }
  if (f == SQUARE) return f32x4.mul(x, x);
  if (f == CUBE) return f32x4.mul(f32x4.mul(x, x), x);
  if (f == GELU) return f32x4.mul(x, normalDistribution4(x));
  if (f == SILU) return f32x4.mul(x, sigmoid4(x));
  if (f == RELU) return f32x4.max(x, zero);
  if (f == RELU6) return f32x4.min(f32x4.max(x, zero), f32x4.splat(6));
  if (f == NEG) return f32x4.neg(x);
  return f32x4.abs(x);
}
