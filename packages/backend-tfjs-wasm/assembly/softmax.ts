// Softmax along rows of n numbers: e^(x - max) / sum. A row stays in the cache for its three passes.
import { expNegative4 } from './exp';
import { max4, read, sum4, write } from './lanes';
import { log4 } from './log';

export function softmax(x: usize, rows: i32, n: i32, y: usize): void {
  const end = <usize>n << 2;
  for (let i = 0; i < rows; i++) {
    const scale = f32x4.splat(1 / shiftedExponentials(x, n, greatest(x, n), y));
    let p: usize = 0;
    for (; p + 16 <= end; p += 16) v128.store(y + p, f32x4.mul(v128.load(y + p), scale));
    for (; p < end; p += 4) write(y + p, f32x4.mul(read(y + p, false), scale), false);
    x += end; y += end;
  }
}

/** log softmax = x - max - log(sum of e^(x - max)). */
export function logSoftmax(x: usize, rows: i32, n: i32, y: usize): void {
  const end = <usize>n << 2;
  for (let i = 0; i < rows; i++) {
    const top = greatest(x, n);
    const log = f32x4.extract_lane(log4(f32x4.splat(shiftedExponentials(x, n, top, y))), 0);
    const t = f32x4.splat(top), l = f32x4.splat(log);
    let p: usize = 0;
    for (; p + 16 <= end; p += 16) v128.store(y + p, f32x4.sub(f32x4.sub(v128.load(x + p), t), l));
    for (; p < end; p += 4) write(y + p, f32x4.sub(f32x4.sub(read(x + p, false), t), l), false);
    x += end; y += end;
  }
}

function greatest(x: usize, n: i32): f32 {
  const end = <usize>n << 2;
  let p: usize = 0, top: f32 = -Infinity;
  if (n >= 4) {
    let m = v128.load(x);
    // A NaN that pmax passes over makes the sum of exponentials NaN all the same.
    for (p = 16; p + 16 <= end; p += 16) m = f32x4.pmax(m, v128.load(x + p));
    top = max4(m);
  }
  for (; p < end; p += 4) top = max(top, load<f32>(x + p));
  return top;
}

/** y = e^(x - top), and the sum of it. */
function shiftedExponentials(x: usize, n: i32, top: f32, y: usize): f32 {
  const end = <usize>n << 2, t = f32x4.splat(top);
  let s = f32x4.splat(0), p: usize = 0;
  for (; p + 16 <= end; p += 16) {
    const e = expNegative4(f32x4.sub(v128.load(x + p), t));
    v128.store(y + p, e);
    s = f32x4.add(s, e);
  }
  let sum = sum4(s);
  for (; p < end; p += 4) {
    const e = expNegative4(f32x4.sub(read(x + p, false), t));
    write(y + p, e, false);
    sum += f32x4.extract_lane(e, 0);
  }
  return sum;
}

/** dx = y (dy - <y, dy>), the gradient through softmax. */
export function softmaxGradient(y: usize, dy: usize, rows: i32, n: i32, dx: usize): void {
  const end = <usize>n << 2;
  for (let i = 0; i < rows; i++) {
    let s = f32x4.splat(0), p: usize = 0;
    for (; p + 16 <= end; p += 16) s = f32x4.add(s, f32x4.mul(v128.load(y + p), v128.load(dy + p)));
    let dot = sum4(s);
    for (; p < end; p += 4) dot += load<f32>(y + p) * load<f32>(dy + p);
    const d = f32x4.splat(dot);
    for (p = 0; p + 16 <= end; p += 16) v128.store(dx + p, f32x4.mul(v128.load(y + p), f32x4.sub(v128.load(dy + p), d)));
    for (; p < end; p += 4) write(dx + p, f32x4.mul(read(y + p, false), f32x4.sub(read(dy + p, false), d)), false);
    y += end; dy += end; dx += end;
  }
}

/**
 * loss = -sum of y_j log softmax(z)_j of each row, a term with y_j = 0 being 0 even where the logarithm is -Infinity; and its
 * derivative in z, softmax(z) sum(y) - y.
 */
export function softmaxCrossEntropy(y: usize, z: usize, rows: i32, n: i32, loss: usize, gradient: usize): void {
  const end = <usize>n << 2, zero = f32x4.splat(0);
  for (let i = 0; i < rows; i++) {
    const top = greatest(z, n), sum = shiftedExponentials(z, n, top, gradient);
    const t = f32x4.splat(top), log = f32x4.splat(f32x4.extract_lane(log4(f32x4.splat(sum)), 0));
    let total = zero, mass = zero;
    for (let p: usize = 0; p < end; ) {
      const four = p + 16 <= end, label = read(y + p, four);
      const term = f32x4.mul(label, f32x4.sub(log, f32x4.sub(read(z + p, four), t)));
      // A lane that was not read has the label 0, and adds nothing.
      total = f32x4.add(total, v128.and(term, f32x4.ne(label, zero)));
      mass = f32x4.add(mass, label);
      p += four ? 16 : 4;
    }
    store<f32>(loss, sum4(total));
    const scale = f32x4.splat(sum4(mass) / sum);
    for (let p: usize = 0; p < end; ) {
      const four = p + 16 <= end;
      write(gradient + p, f32x4.sub(f32x4.mul(read(gradient + p, four), scale), read(y + p, four)), four);
      p += four ? 16 : 4;
    }
    y += end; z += end; gradient += end; loss += 4;
  }
}
