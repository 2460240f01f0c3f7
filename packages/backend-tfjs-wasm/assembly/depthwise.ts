// Depthwise convolution in two dimensions, one filter a channel: y[c] = sum over taps of x[c] filter[c], sixteen or four channels at once,
// and its two gradients, which walk the same way.
import { fma } from './fma';
import { read, write } from './lanes';
import { endTap, firstTap } from './taps';
import { inputBytes, Window } from './window';

// @ts-ignore: decorator
@inline
const FORWARD = 0, INPUT = 1, FILTER = 2;

export function depthwise(x: usize, w: Window, filter: usize, y: usize): void {
  for (let b = 0; b < w.batch; b++) walk(b, x, w, filter, y, FORWARD);
}

/** dx = the gradient. */
export function depthwiseInputGradient(dx: usize, w: Window, filter: usize, dy: usize): void {
  memory.fill(dx, 0, inputBytes(w));
  for (let b = 0; b < w.batch; b++) walk(b, dx, w, filter, dy, INPUT);
}

/** dFilter = the gradient. Image by image in `part`, as large as the filter: long sums lose digits. */
export function depthwiseFilterGradient(x: usize, w: Window, dFilter: usize, dy: usize, part: usize): void {
  const size = <usize>(w.kernelHeight * w.kernelWidth * w.channels) << 2;
  memory.fill(dFilter, 0, size);
  for (let b = 0; b < w.batch; b++) {
    memory.fill(part, 0, size);
    walk(b, x, w, part, dy, FILTER);
    for (let p: usize = 0; p < size; p += 4) {
      store<f32>(dFilter + p, load<f32>(dFilter + p) + load<f32>(part + p));
    }
  }
}

// @ts-ignore: decorator
@inline
function walk(b: i32, x: usize, w: Window, filter: usize, y: usize, mode: i32): void {
  const pixel = <usize>w.channels << 2, sixteens = pixel & ~63, fours = pixel & ~15;
  x += <usize>(b * w.height * w.width) * pixel;
  y += <usize>(b * w.outHeight * w.outWidth) * pixel;
  for (let oh = 0; oh < w.outHeight; oh++) {
    const top = oh * w.strideHeight - w.top;
    const h0 = firstTap(top, w.dilationHeight), h1 = endTap(top, w.dilationHeight, w.kernelHeight, w.height);
    for (let ow = 0; ow < w.outWidth; ow++) {
      const left = ow * w.strideWidth - w.left;
      const w0 = firstTap(left, w.dilationWidth), w1 = endTap(left, w.dilationWidth, w.kernelWidth, w.width);
      let c: usize = 0;
      for (; c < sixteens; c += 64) {
        window16(x + c, w, filter + c, y + c, pixel, top, left, h0, h1, w0, w1, mode);
      }
      while (c < pixel) {
        const four = c < fours;
        window(x + c, w, filter + c, y + c, pixel, top, left, h0, h1, w0, w1, mode, four);
        c += four ? 16 : 4;
      }
      y += pixel;
    }
  }
}

// @ts-ignore: decorator
@inline
function window(
  x: usize, w: Window, filter: usize, y: usize, pixel: usize, top: i32, left: i32,
  h0: i32, h1: i32, w0: i32, w1: i32, mode: i32, four: bool,
): void {
  let s = mode == FORWARD ? f32x4.splat(0) : read(y, four);
  const step = <usize>w.dilationWidth * pixel;
  for (let kh = h0; kh < h1; kh++) {
    let at = x + <usize>((top + kh * w.dilationHeight) * w.width + left + w0 * w.dilationWidth) * pixel;
    let tap = filter + <usize>(kh * w.kernelWidth + w0) * pixel;
    for (let kw = w0; kw < w1; kw++) {
      if (mode == FORWARD) s = fma(read(at, four), read(tap, four), s);
      else if (mode == INPUT) write(at, fma(s, read(tap, four), read(at, four)), four);
      else write(tap, fma(s, read(at, four), read(tap, four)), four);
      at += step;
      tap += pixel;
    }
  }
  if (mode == FORWARD) write(y, s, four);
}

/** The same for sixteen channels. */
// @ts-ignore: decorator
@inline
function window16(
  x: usize, w: Window, filter: usize, y: usize, pixel: usize, top: i32, left: i32, h0: i32, h1: i32, w0: i32, w1: i32,
  mode: i32,
): void {
  const zero = f32x4.splat(0), forward = mode == FORWARD;
  let s0 = forward ? zero : v128.load(y), s1 = forward ? zero : v128.load(y, 16);
  let s2 = forward ? zero : v128.load(y, 32), s3 = forward ? zero : v128.load(y, 48);
  const step = <usize>w.dilationWidth * pixel;
  for (let kh = h0; kh < h1; kh++) {
    let at = x + <usize>((top + kh * w.dilationHeight) * w.width + left + w0 * w.dilationWidth) * pixel;
    let tap = filter + <usize>(kh * w.kernelWidth + w0) * pixel;
    for (let kw = w0; kw < w1; kw++) {
      if (forward) {
        s0 = fma(v128.load(at), v128.load(tap), s0); s1 = fma(v128.load(at, 16), v128.load(tap, 16), s1);
        s2 = fma(v128.load(at, 32), v128.load(tap, 32), s2); s3 = fma(v128.load(at, 48), v128.load(tap, 48), s3);
      } else {
        const to = mode == INPUT ? at : tap, by = mode == INPUT ? tap : at;
        v128.store(to, fma(s0, v128.load(by), v128.load(to)));
        v128.store(to, fma(s1, v128.load(by, 16), v128.load(to, 16)), 16);
        v128.store(to, fma(s2, v128.load(by, 32), v128.load(to, 32)), 32);
        v128.store(to, fma(s3, v128.load(by, 48), v128.load(to, 48)), 48);
      }
      at += step;
      tap += pixel;
    }
  }
  if (forward) {
    v128.store(y, s0); v128.store(y, s1, 16);
    v128.store(y, s2, 32); v128.store(y, s3, 48);
  }
}

/** Each number `times` over: a channel for each of its filters. */
export function repeat(x: usize, count: i32, times: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    const v = load<f32>(x + (<usize>i << 2));
    for (let j = 0; j < times; j++) {
      store<f32>(to, v);
      to += 4;
    }
  }
}

/** The sums of groups of `size` numbers, side by side. */
export function sumGroups(x: usize, count: i32, size: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    let s: f32 = 0;
    for (let j = 0; j < size; j++) {
      s += load<f32>(x);
      x += 4;
    }
    store<f32>(to + (<usize>i << 2), s);
  }
}
