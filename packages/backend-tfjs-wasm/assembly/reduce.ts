// Sums and extrema over the middle axis of [outer, n, inner].
// Long sums go block by block, so that the error does not grow with their length.
import { max4, sum4 } from './lanes';

// @ts-ignore: decorator
@inline
const SUM = 0, MAX = 1, MIN = 2;

/** `scale` multiplies a sum. */
export function reduce(op: i32, x: usize, outer: i32, n: i32, inner: i32, scale: f32, y: usize): void {
  if (op == SUM) axis(SUM, x, outer, n, inner, scale, y);
  else if (op == MAX) axis(MAX, x, outer, n, inner, scale, y);
  else axis(MIN, x, outer, n, inner, scale, y);
}

/** The sum of a row, in float64. */
export function total(x: usize, n: i32, out: usize): void {
  store<f64>(out, rowSum(x, n));
}

/** The sum of `groups` float64 at x, in their order, times `scale`. */
export function sumTotals(x: usize, groups: i32, scale: f64, y: usize): void {
  let sum: f64 = 0;
  for (let i = 0; i < groups; i++) sum += load<f64>(x + (<usize>i << 3));
  store<f32>(y, <f32>(sum * scale));
}

// @ts-ignore: decorator
@inline
function axis(op: i32, x: usize, outer: i32, n: i32, inner: i32, scale: f32, y: usize): void {
  const size = <usize>(n * inner) << 2;
  for (let o = 0; o < outer; o++) {
    if (inner == 1) store<f32>(y, op == SUM ? <f32>(rowSum(x, n) * scale) : extreme(op, x, n));
    else columns(op, x, n, inner, scale, y);
    x += size;
    y += <usize>inner << 2;
  }
}

// @ts-ignore: decorator
@inline
function combine(op: i32, a: v128, b: v128): v128 {
  return op == SUM ? f32x4.add(a, b) : op == MAX ? f32x4.max(a, b) : f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function neutral(op: i32): f32 {
  return op == SUM ? 0 : op == MAX ? -Infinity : Infinity;
}

function rowSum(x: usize, n: i32): f64 {
  const end = x + (<usize>n << 2);
  let total: f64 = 0;
  while (x < end) {
    const stop = min(end, x + 16384);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (; x + 64 <= stop; x += 64) {
      s0 = f32x4.add(s0, v128.load(x)); s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32)); s3 = f32x4.add(s3, v128.load(x, 48));
    }
    total += sum4(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    for (; x < stop; x += 4) total += load<f32>(x);
  }
  return total;
}

// @ts-ignore: decorator
@inline
function extreme(op: i32, x: usize, n: i32): f32 {
  const end = x + (<usize>n << 2);
  let s0 = f32x4.splat(neutral(op)), s1 = s0, s2 = s0, s3 = s0;
  for (; x + 64 <= end; x += 64) {
    s0 = combine(op, s0, v128.load(x)); s1 = combine(op, s1, v128.load(x, 16));
    s2 = combine(op, s2, v128.load(x, 32)); s3 = combine(op, s3, v128.load(x, 48));
  }
  const s = combine(op, combine(op, s0, s1), combine(op, s2, s3));
  let result = op == MAX ? max4(s) : -max4(f32x4.neg(s));
  for (; x < end; x += 4) result = op == MAX ? max(result, load<f32>(x)) : min(result, load<f32>(x));
  return result;
}

// @ts-ignore: decorator
@inline
function columns(op: i32, x: usize, n: i32, inner: i32, scale: f32, y: usize): void {
  const line = <usize>inner << 2, k = f32x4.splat(scale);
  for (let c: usize = 0; c < line; ) {
    if (c + 64 <= line) {
      let t0 = f32x4.splat(neutral(op)), t1 = t0, t2 = t0, t3 = t0;
      let at = x + c;
      for (let i = 0; i < n; ) {
        const stop = min(n, i + 128);
        let s0 = f32x4.splat(neutral(op)), s1 = s0, s2 = s0, s3 = s0;
        for (; i < stop; i++) {
          s0 = combine(op, s0, v128.load(at)); s1 = combine(op, s1, v128.load(at, 16));
          s2 = combine(op, s2, v128.load(at, 32)); s3 = combine(op, s3, v128.load(at, 48));
          at += line;
        }
        t0 = combine(op, t0, s0); t1 = combine(op, t1, s1); t2 = combine(op, t2, s2); t3 = combine(op, t3, s3);
      }
      put(op, y + c, t0, k); put(op, y + c + 16, t1, k); put(op, y + c + 32, t2, k); put(op, y + c + 48, t3, k);
      c += 64;
    } else {
      const four = c + 16 <= line;
      let t = f32x4.splat(neutral(op));
      let at = x + c;
      for (let i = 0; i < n; ) {
        const stop = min(n, i + 128);
        let s = f32x4.splat(neutral(op));
        for (; i < stop; i++) {
          s = combine(op, s, four ? v128.load(at) : v128.load32_splat(at));
          at += line;
        }
        t = combine(op, t, s);
      }
      if (op == SUM) t = f32x4.mul(t, k);
      if (four) v128.store(y + c, t);
      else v128.store_lane<f32>(y + c, t, 0);
      c += four ? 16 : 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function put(op: i32, y: usize, t: v128, scale: v128): void {
  v128.store(y, op == SUM ? f32x4.mul(t, scale) : t);
}
