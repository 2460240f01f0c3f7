// Panels: rows of A or columns of B, side by side, for k = 0, 1, ...
// `major` is the stride from one row or column to the next, `step` the stride along k, both in elements.
import { nextRows } from './tile';
import { transpose4 } from './transpose4';

/** All panels of columns. */
export function packColumns(source: usize, major: i32, step: i32, count: i32, k: i32, to: usize): void {
  for (let j = 0; j < count; j += 8) {
    packPanel(source + (<usize>(j * major) << 2), major, step, min(8, count - j), k, to);
    to += <usize>k << 5;
  }
}

/** A panel of 8 columns, of which `count` exist and the rest are zeros. */
export function packPanel(source: usize, major: i32, step: i32, count: i32, k: i32, to: usize): void {
  const next = <usize>major << 2, stride = <usize>step << 2;
  if (major == 1 && count == 8) {
    for (let p = 0; p < k; p++) {
      v128.store(to, v128.load(source)); v128.store(to, v128.load(source, 16), 16);
      to += 32; source += stride;
    }
    return;
  }
  let c = 0;
  if (step == 1) for (; c + 4 <= count; c += 4) transpose4(source + c * next, next, k, to + (<usize>c << 2), 32);
  for (; c < 8; c++) line(source + c * next, c < count, stride, k, to + (<usize>c << 2), 32);
}

/** Panels of as many rows as the tiles take. */
export function packRows(source: usize, major: i32, step: i32, count: i32, k: i32, to: usize): void {
  const next = <usize>major << 2, stride = <usize>step << 2;
  while (count > 0) {
    const rows = nextRows(count), width = <usize>rows << 2;
    if (major == 1 && rows >= 4) {
      let src = source, at = to;
      for (let p = 0; p < k; p++) {
        v128.store(at, v128.load(src));
        if (rows == 5) store<f32>(at, load<f32>(src, 16), 16);
        else if (rows == 6) store<u64>(at, load<u64>(src, 16), 16);
        at += width; src += stride;
      }
    } else for (let r = 0; r < rows; r++) line(source + r * next, true, stride, k, to + (<usize>r << 2), width);
    count -= rows; source += rows * next; to += k * width;
  }
}

function line(source: usize, present: bool, stride: usize, k: i32, to: usize, width: usize): void {
  for (let p = 0; p < k; p++) {
    store<f32>(to, present ? load<f32>(source) : 0);
    source += stride; to += width;
  }
}
