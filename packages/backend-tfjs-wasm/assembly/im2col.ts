// The matrix whose row m holds what lies under the window at its position m: gathered from x, or added back into x.
// Kept a block of rows at a time, so that it never leaves the cache.
import { Window } from './window';

/** Rows first .. first + rows of im2col(x), `line` bytes apart; zeros where the window sticks out. */
export function im2col(x: usize, w: Window, first: i32, rows: i32, to: usize, line: usize): void {
  walk(x, w, first, rows, to, line, true);
}

/** Adds those rows back to where they came from. */
export function col2im(x: usize, w: Window, first: i32, rows: i32, from: usize, line: usize): void {
  walk(x, w, first, rows, from, line, false);
}

// @ts-ignore: decorator
@inline
function walk(x: usize, w: Window, first: i32, rows: i32, columns: usize, line: usize, gather: bool): void {
  const pixel = w.channels << 2, taps = w.kernelWidth, tapRow = pixel * taps, dense = w.dilationWidth == 1;
  const flat = dense && w.depth == 1 && w.kernelDepth == 1 && w.outDepth == 1 && w.front == 0;
  const reach = (w.kernelHeight - 1) * w.dilationHeight, lineStep = <usize>(w.dilationHeight * w.width * pixel);
  let ow = first % w.outWidth, rest = first / w.outWidth;
  let oh = rest % w.outHeight;
  rest /= w.outHeight;
  let od = rest % w.outDepth, b = rest / w.outDepth;
  for (let row = 0; row < rows; row++) {
    const left = ow * w.strideWidth - w.left;
    // Without dilation the taps of a line lie side by side in x as well: one run, from tap `head` on.
    const head = min(max(-left, 0), taps), end = max(min(w.width - left, taps), head);
    const before = head * pixel, run = (end - head) * pixel, behind = (taps - end) * pixel;
    const top = oh * w.strideHeight - w.top;
    let at = columns;
    if (flat && run == tapRow && top >= 0 && top + reach < w.height) {
      // The whole window lies inside, as nearly always.
      let source = x + <usize>(((b * w.height + top) * w.width + left) * pixel);
      for (let kh = 0; kh < w.kernelHeight; kh++) {
        if (gather) copy(source, at, tapRow);
        else add(at, source, tapRow);
        source += lineStep;
        at += tapRow;
      }
    } else for (let kd = 0; kd < w.kernelDepth; kd++) {
      const d = od * w.strideDepth - w.front + kd * w.dilationDepth;
      for (let kh = 0; kh < w.kernelHeight; kh++) {
        const h = top + kh * w.dilationHeight;
        if (<u32>d >= <u32>w.depth || <u32>h >= <u32>w.height) {
          if (gather) clear(at, tapRow);
        } else {
          const source = x + <usize>((((b * w.depth + d) * w.height + h) * w.width + left) * pixel);
          if (!dense) dilatedLine(source, w, left, pixel, at, gather);
          else if (gather) {
            if (before) clear(at, before);
            copy(source + before, at + before, run);
            if (behind) clear(at + before + run, behind);
          } else add(at + before, source + before, run);
        }
        at += tapRow;
      }
    }
    columns += line;
    if (++ow == w.outWidth) {
      ow = 0;
      if (++oh == w.outHeight) {
        oh = 0;
        if (++od == w.outDepth) {
          od = 0;
          b++;
        }
      }
    }
  }
}

/** One line of a window with dilation; `source` is the pixel under its first tap. */
function dilatedLine(source: usize, w: Window, left: i32, pixel: i32, at: usize, gather: bool): void {
  const step = w.dilationWidth * pixel;
  for (let kw = 0; kw < w.kernelWidth; kw++) {
    const inside = <u32>(left + kw * w.dilationWidth) < <u32>w.width;
    if (gather) {
      if (inside) copy(source, at, pixel);
      else clear(at, pixel);
    } else if (inside) add(at, source, pixel);
    source += step;
    at += pixel;
  }
}

// Runs are short, often a few numbers: memory.copy and memory.fill would cost a call each.

// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, bytes: i32): void {
  let p = 0;
  for (; p + 16 <= bytes; p += 16) v128.store(to + p, v128.load(from + p));
  if (p >= 16 && p < bytes) {
    // The last four numbers once more.
    v128.store(to + bytes - 16, v128.load(from + bytes - 16));
    return;
  }
  for (; p < bytes; p += 4) store<f32>(to + p, load<f32>(from + p));
}

// @ts-ignore: decorator
@inline
function clear(to: usize, bytes: i32): void {
  let p = 0;
  for (; p + 16 <= bytes; p += 16) v128.store(to + p, f32x4.splat(0));
  for (; p < bytes; p += 4) store<f32>(to + p, 0);
}

// @ts-ignore: decorator
@inline
function add(from: usize, to: usize, bytes: i32): void {
  let p = 0;
  for (; p + 16 <= bytes; p += 16) v128.store(to + p, f32x4.add(v128.load(to + p), v128.load(from + p)));
  for (; p < bytes; p += 4) store<f32>(to + p, load<f32>(to + p) + load<f32>(from + p));
}
