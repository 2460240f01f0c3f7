// What follows a product: C <- activation(C + bias), while C is still in the cache.
import { expm1_4, sigmoid4 } from './exp';

// @ts-ignore: decorator
@inline
const LINEAR = 0, RELU = 1, RELU6 = 2, PRELU = 3, LEAKYRELU = 4, SIGMOID = 5, ELU = 6;

/**
 * @param bias a value for each column, or 0 for none
 * @param slopes for prelu: a value for each column, `slopeStride` elements on for the next row
 */
export function epilogue(
  c: usize, ldc: i32, m: i32, n: i32, bias: usize, activation: i32, slope: f32, slopes: usize, slopeStride: i32,
): void {
  for (let i = 0; i < m; i++) {
    if (activation == LINEAR) finish(c, n, bias, slopes, slope, LINEAR);
    else if (activation == RELU) finish(c, n, bias, slopes, slope, RELU);
    else if (activation == RELU6) finish(c, n, bias, slopes, slope, RELU6);
    else if (activation == PRELU) finish(c, n, bias, slopes, slope, PRELU);
    else if (activation == LEAKYRELU) finish(c, n, bias, slopes, slope, LEAKYRELU);
    else if (activation == SIGMOID) finish(c, n, bias, slopes, slope, SIGMOID);
    else finish(c, n, bias, slopes, slope, ELU);
    c += <usize>ldc << 2;
    slopes += <usize>slopeStride << 2;
  }
}

// @ts-ignore: decorator
@inline
function finish(c: usize, n: i32, bias: usize, slopes: usize, slope: f32, activation: i32): void {
  const end = <usize>n << 2;
  const same = f32x4.splat(slope);
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) {
    let x = v128.load(c + p);
    if (bias) x = f32x4.add(x, v128.load(bias + p));
    v128.store(c + p, activate(x, activation == PRELU ? v128.load(slopes + p) : same, activation));
  }
  for (; p < end; p += 4) {
    let x = v128.load32_zero(c + p);
    if (bias) x = f32x4.add(x, v128.load32_zero(bias + p));
    v128.store_lane<f32>(c + p, activate(x, activation == PRELU ? v128.load32_zero(slopes + p) : same, activation), 0);
  }
}

// @ts-ignore: decorator
@inline
function activate(x: v128, slope: v128, activation: i32): v128 {
  const zero = f32x4.splat(0);
  if (activation == RELU) return f32x4.pmax(x, zero);
  if (activation == RELU6) return f32x4.pmin(f32x4.pmax(x, zero), f32x4.splat(6));
  if (activation == PRELU || activation == LEAKYRELU) return v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, zero));
  if (activation == SIGMOID) return sigmoid4(x);
  if (activation == ELU) return v128.bitselect(expm1_4(x), x, f32x4.lt(x, zero));
  return x;
}
