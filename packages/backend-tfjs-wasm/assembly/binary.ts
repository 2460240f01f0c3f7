// Functions of two numbers that broadcast against one another. The caller has merged axes that lie together, and tells for each
// remaining axis, the innermost last, [size, stride of a, stride of b] in elements; the result is contiguous. Behind the axes there is
// room for PATTERN numbers.
import { normalDistribution4 } from './erf';
import { expNegative4, sigmoid4 } from './exp';
import { read, write } from './lanes';

// @ts-ignore: decorator
@inline
const MAXIMUM = 0, MINIMUM = 1, ADD = 2, SUB = 3, MUL = 4, DIV = 5, SQUARED_DIFFERENCE = 6, PRELU = 7, ELU_GRAD = 8,
  GELU_GRADIENT = 9, SILU_GRADIENT = 10,
  EQUAL = 16, NOT_EQUAL = 17, LESS = 18, LESS_EQUAL = 19, GREATER = 20, GREATER_EQUAL = 21;

/** Size of the buffer into which short rows (at most PATTERN / 4 numbers) are tiled. */
// @ts-ignore: decorator
@inline
const PATTERN = 128;

export function binary(f: i32, a: usize, b: usize, out: usize, axes: usize, rank: i32): void {
  const n = size(axes, rank - 1), sa = strideA(axes, rank - 1), sb = strideB(axes, rank - 1);
  walk(f, a, b, out, axes, 0, rank - 1, n, sa, sb);
}

// @ts-ignore: decorator
@inline
function size(axes: usize, d: i32): i32 {
  return load<i32>(axes + <usize>(12 * d));
}
// @ts-ignore: decorator
@inline
function strideA(axes: usize, d: i32): i32 {
  return load<i32>(axes + <usize>(12 * d), 4);
}
// @ts-ignore: decorator
@inline
function strideB(axes: usize, d: i32): i32 {
  return load<i32>(axes + <usize>(12 * d), 8);
}

/** The axes from d on; returns the position after the result. */
function walk(
  f: i32, a: usize, b: usize, out: usize, axes: usize, d: i32, last: i32, n: i32, sa: i32, sb: i32,
): usize {
  if (d == last) {
    run(f, a, b, out, n, sa, sb);
    return out + (f >= EQUAL ? <usize>n : <usize>n << 2);
  }
  const da = <usize>strideA(axes, d) << 2, db = <usize>strideB(axes, d) << 2;
  // A short row that meets every row of the other operand is repeated, so that the loop over the numbers is a long one.
  if (d + 1 == last && sa == 1 && sb == 1 && n <= PATTERN / 4 && (da == 0 || db == 0) && size(axes, d) >= 8) {
    return rows(f, a, b, out, da == 0, size(axes, d), n, axes + <usize>(12 * (last + 1)));
  }
  for (let i = size(axes, d); i > 0; i--) {
    out = walk(f, a, b, out, axes, d + 1, last, n, sa, sb);
    a += da;
    b += db;
  }
  return out;
}

/** `count` rows of n numbers of one operand, and the same row of the other for each; returns the position after the result. */
function rows(f: i32, a: usize, b: usize, out: usize, repeatA: bool, count: i32, n: i32, pattern: usize): usize {
  const times = PATTERN / n, row = <usize>n << 2;
  for (let i = 0; i < times; i++) memory.copy(pattern + <usize>i * row, repeatA ? a : b, row);
  while (count > 0) {
    const some = min(times, count), numbers = some * n;
    run(f, repeatA ? pattern : a, repeatA ? b : pattern, out, numbers, 1, 1);
    if (repeatA) b += <usize>numbers << 2;
    else a += <usize>numbers << 2;
    out += f >= EQUAL ? <usize>numbers : <usize>numbers << 2;
    count -= some;
  }
  return out;
}

function run(f: i32, a: usize, b: usize, out: usize, n: i32, sa: i32, sb: i32): void {
  if (f == MAXIMUM) each(MAXIMUM, a, b, out, n, sa, sb);
  else if (f == MINIMUM) each(MINIMUM, a, b, out, n, sa, sb);
  else if (f == ADD) each(ADD, a, b, out, n, sa, sb);
  else if (f == SUB) each(SUB, a, b, out, n, sa, sb);
  else if (f == MUL) each(MUL, a, b, out, n, sa, sb);
  else if (f == DIV) each(DIV, a, b, out, n, sa, sb);
  else if (f == SQUARED_DIFFERENCE) each(SQUARED_DIFFERENCE, a, b, out, n, sa, sb);
  else if (f == PRELU) each(PRELU, a, b, out, n, sa, sb);
  else if (f == ELU_GRAD) each(ELU_GRAD, a, b, out, n, sa, sb);
  else if (f == GELU_GRADIENT) each(GELU_GRADIENT, a, b, out, n, sa, sb);
  else if (f == SILU_GRADIENT) each(SILU_GRADIENT, a, b, out, n, sa, sb);
  else if (f == EQUAL) compare(EQUAL, a, b, out, n, sa, sb);
  else if (f == NOT_EQUAL) compare(NOT_EQUAL, a, b, out, n, sa, sb);
  else if (f == LESS) compare(LESS, a, b, out, n, sa, sb);
  else if (f == LESS_EQUAL) compare(LESS_EQUAL, a, b, out, n, sa, sb);
  else if (f == GREATER) compare(GREATER, a, b, out, n, sa, sb);
  else compare(GREATER_EQUAL, a, b, out, n, sa, sb);
}

// @ts-ignore: decorator
@inline
function each(f: i32, a: usize, b: usize, out: usize, n: i32, sa: i32, sb: i32): void {
  const end = <usize>n << 2;
  let p: usize = 0;
  if (sa == 1 && sb == 1) {
    for (; p + 16 <= end; p += 16) v128.store(out + p, apply(f, v128.load(a + p), v128.load(b + p)));
  } else if (sa == 1) {
    const y = v128.load32_splat(b);
    for (; p + 16 <= end; p += 16) v128.store(out + p, apply(f, v128.load(a + p), y));
  } else {
    const x = v128.load32_splat(a);
    for (; p + 16 <= end; p += 16) v128.store(out + p, apply(f, x, v128.load(b + p)));
  }
  for (; p < end; p += 4) {
    write(out + p, apply(f, read(sa == 1 ? a + p : a, false), read(sb == 1 ? b + p : b, false)), false);
  }
}

// @ts-ignore: decorator
@inline
function apply(f: i32, x: v128, y: v128): v128 {
  if (f == MAXIMUM) return f32x4.max(x, y);
  if (f == MINIMUM) return f32x4.min(x, y);
  if (f == ADD) return f32x4.add(x, y);
  if (f == SUB) return f32x4.sub(x, y);
  if (f == MUL) return f32x4.mul(x, y);
  if (f == DIV) return f32x4.div(x, y);
  if (f == SQUARED_DIFFERENCE) {
    const d = f32x4.sub(x, y);
    return f32x4.mul(d, d);
  }
  if (f == PRELU) return v128.bitselect(f32x4.mul(x, y), x, f32x4.lt(x, f32x4.splat(0)));
  if (f == GELU_GRADIENT) {
    // dy (Phi(x) + x phi(x)), the normal distribution and its density.
    const density = f32x4.mul(expNegative4(f32x4.mul(f32x4.mul(y, y), f32x4.splat(-0.5))), f32x4.splat(0.398942280));
    return f32x4.mul(x, f32x4.add(normalDistribution4(y), f32x4.mul(y, density)));
  }
  if (f == SILU_GRADIENT) {
    // dy s (1 + x (1 - s)), s the sigmoid of x.
    const s = sigmoid4(y), one = f32x4.splat(1);
    return f32x4.mul(f32x4.mul(x, s), f32x4.add(one, f32x4.mul(y, f32x4.sub(one, s))));
  }
  // ELU_GRAD of dy and the activation y.
  return v128.bitselect(x, f32x4.mul(x, f32x4.add(y, f32x4.splat(1))), f32x4.ge(y, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function compare(f: i32, a: usize, b: usize, out: usize, n: i32, sa: i32, sb: i32): void {
  const fixedA = v128.load32_splat(a), fixedB = v128.load32_splat(b);
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const p = <usize>i << 2;
    const m0 = mask(f, sa ? v128.load(a + p) : fixedA, sb ? v128.load(b + p) : fixedB);
    const m1 = mask(f, sa ? v128.load(a + p, 16) : fixedA, sb ? v128.load(b + p, 16) : fixedB);
    const m2 = mask(f, sa ? v128.load(a + p, 32) : fixedA, sb ? v128.load(b + p, 32) : fixedB);
    const m3 = mask(f, sa ? v128.load(a + p, 48) : fixedA, sb ? v128.load(b + p, 48) : fixedB);
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3));
    v128.store(out + <usize>i, v128.and(bytes, i8x16.splat(1)));
  }
  for (; i < n; i++) {
    const p = <usize>i << 2;
    const m = mask(f, read(sa ? a + p : a, false), read(sb ? b + p : b, false));
    store<u8>(out + <usize>i, <u8>(i32x4.extract_lane(m, 0) & 1));
  }
}

// @ts-ignore: decorator
@inline
function mask(f: i32, x: v128, y: v128): v128 {
  if (f == EQUAL) return f32x4.eq(x, y);
  if (f == NOT_EQUAL) return f32x4.ne(x, y);
  if (f == LESS) return f32x4.lt(x, y);
  if (f == LESS_EQUAL) return f32x4.le(x, y);
  if (f == GREATER) return f32x4.gt(x, y);
  return f32x4.ge(x, y);
}

/** out = condition ? a : b, 32-bit values, condition one byte each. */
export function select(condition: usize, a: usize, b: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const p = <usize>i << 2;
    const bytes = v128.load32_zero(condition + <usize>i);
    const c = i32x4.ne(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)), i32x4.splat(0));
    v128.store(out + p, v128.bitselect(v128.load(a + p), v128.load(b + p), c));
  }
  for (; i < n; i++) {
    const p = <usize>i << 2;
    store<i32>(out + p, load<u8>(condition + <usize>i) ? load<i32>(a + p) : load<i32>(b + p));
  }
}

/** out = condition ? a : b, values of one byte as the condition's, which is 0 or 1. */
export function selectBytes(condition: usize, a: usize, b: usize, out: usize, n: i32): void {
  let i: usize = 0;
  for (; i + 16 <= <usize>n; i += 16) {
    const c = i8x16.ne(v128.load(condition + i), i8x16.splat(0));
    v128.store(out + i, v128.bitselect(v128.load(a + i), v128.load(b + i), c));
  }
  for (; i < <usize>n; i++) store<u8>(out + i, load<u8>(condition + i) ? load<u8>(a + i) : load<u8>(b + i));
}

/** Bytes that are 0 or 1: and (0), or (1), exclusive or (2). */
export function logical(f: i32, a: usize, b: usize, out: usize, n: i32): void {
  let i: usize = 0;
  for (; i + 16 <= <usize>n; i += 16) {
    const x = v128.load(a + i), y = v128.load(b + i);
    v128.store(out + i, f == 0 ? v128.and(x, y) : f == 1 ? v128.or(x, y) : v128.xor(x, y));
  }
  for (; i < <usize>n; i++) {
    const x = load<u8>(a + i), y = load<u8>(b + i);
    store<u8>(out + i, f == 0 ? x & y : f == 1 ? x | y : x ^ y);
  }
}
