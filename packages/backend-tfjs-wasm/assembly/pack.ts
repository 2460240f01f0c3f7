// Panels: W rows (of A) or columns (of B), side by side, for k = 0, 1, ...; the last panel is filled up with zeros.
// `major` is the stride from one row or column to the next, `step` the stride along k, both in elements.
import { transpose4 } from './transpose4';

/** Panels of 8. */
export function pack8(source: usize, major: i32, step: i32, count: i32, k: i32, to: usize): void {
  for (let j = 0; j < count; j += 8) {
    const src = source + (<usize>(j * major) << 2);
    packPanel(src, major, step, min(8, count - j), k, to, 8);
    to += <usize>k << 5;
  }
}

/** Panels of 5. */
export function pack5(source: usize, major: i32, step: i32, count: i32, k: i32, to: usize): void {
  for (let i = 0; i < count; i += 5) {
    const src = source + (<usize>(i * major) << 2);
    packPanel(src, major, step, min(5, count - i), k, to, 5);
    to += <usize>(k * 5) << 2;
  }
}

// @ts-ignore: decorator
@inline
function packPanel(src: usize, major: i32, step: i32, count: i32, k: i32, to: usize, width: i32): void {
  const stride = <usize>step << 2, line = <usize>width << 2;
  if (major == 1 && count == width) {
    for (let p = 0; p < k; p++) {
      v128.store(to, v128.load(src));
      if (width == 8) v128.store(to, v128.load(src, 16), 16);
      else store<f32>(to, load<f32>(src, 16), 16);
      to += line; src += stride;
    }
    return;
  }
  if (step == 1 && count >= 4) {
    transpose4(src, <usize>major << 2, k, to, line);
    if (width == 8 && count == 8) {
      transpose4(src + (<usize>(4 * major) << 2), <usize>major << 2, k, to + 16, line);
      return;
    }
    for (let c = 4; c < width; c++) line1(src + (<usize>(c * major) << 2), c < count, 4, k, to + (<usize>c << 2), line);
    return;
  }
  for (let c = 0; c < width; c++) line1(src + (<usize>(c * major) << 2), c < count, stride, k, to + (<usize>c << 2), line);
}

function line1(src: usize, present: bool, stride: usize, k: i32, to: usize, line: usize): void {
  for (let p = 0; p < k; p++) {
    store<f32>(to, present ? load<f32>(src) : 0);
    src += stride; to += line;
  }
}
