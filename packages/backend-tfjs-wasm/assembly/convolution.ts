// Convolution in any of 1, 2, 3 dimensions as products with im2col's matrix (positions x elements), a block of its rows at a
// time: y = im2col(x) W, dW = im2col(x)^T dy, dx = col2im(dy W^T). W is elements x channels of the output, row-major.
import { epilogue } from './epilogue';
import { block, KC, MC, TILE } from './gemm';
import { col2im, im2col } from './im2col';
import { packColumns } from './pack';
import { ROWS } from './tile';
import { elements, inputBytes, positions, Window } from './window';

// @ts-ignore: decorator
@inline
const MAX_ROWS = 240;

/** Bytes from one row of a block to the next: an odd number of cache lines, so that a column does not fall into one set. */
// @ts-ignore: decorator
@inline
function lineOf(k: i32): usize {
  return <usize>(((k + 15) >> 4) | 1) << 6;
}

/** Rows of a block: a multiple of the tile's, at most 4 MiB. */
// @ts-ignore: decorator
@inline
function rowsOf(w: Window): i32 {
  const most = max(10, min(MAX_ROWS, (1 << 22) / <i32>lineOf(elements(w)) / ROWS * ROWS));
  return min(most, positions(w));
}

/** Bytes of scratch for each of the three. */
export function convolutionScratch(w: Window, outChannels: i32): usize {
  const k = elements(w), rows = rowsOf(w);
  const panels = <usize>max((outChannels + 7) * max(k, rows), (k + 7) * outChannels) << 2;
  return TILE + panels + <usize>rows * lineOf(k);
}

/** y = finish(im2col(x) W); the finish as for `epilogue`. */
export function convolution(
  x: usize, w: Window, filter: usize, y: usize, n: i32, scratch: usize,
  bias: usize, activation: i32, slope: f32, slopes: usize, slopeStride: i32,
): void {
  const m = positions(w), k = elements(w), most = rowsOf(w), line = lineOf(k);
  const panels = scratch + TILE, columns = panels + (<usize>((n + 7) * k) << 2);
  const panelLine = <usize>(((n + 7) & ~7) << 2);
  for (let pc = 0; pc < k; pc += KC) {
    packColumns(filter + (<usize>(pc * n) << 2), 1, n, n, min(KC, k - pc), panels + <usize>pc * panelLine);
  }
  for (let ic = 0; ic < m; ic += most) {
    const rows = min(most, m - ic), yi = y + (<usize>(ic * n) << 2);
    im2col(x, w, ic, rows, columns, line);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      block(
        columns + (<usize>pc << 2), line, 4, panels + <usize>pc * panelLine,
        yi, <usize>n << 2, rows, n, kc, pc > 0, scratch,
      );
    }
    if (bias || activation) {
      epilogue(yi, n, rows, n, bias, activation, slope, slopes + (<usize>(ic * slopeStride) << 2), slopeStride);
    }
  }
}

/** dW = im2col(x)^T dy. */
export function convolutionFilterGradient(x: usize, w: Window, dy: usize, dw: usize, n: i32, scratch: usize): void {
  const m = positions(w), k = elements(w), most = rowsOf(w), line = lineOf(k);
  const panels = scratch + TILE, columns = panels + (<usize>((n + 7) * most) << 2);
  for (let ic = 0; ic < m; ic += most) {
    const rows = min(most, m - ic);
    im2col(x, w, ic, rows, columns, line);
    packColumns(dy + (<usize>(ic * n) << 2), 1, n, n, rows, panels);
    for (let kc = 0; kc < k; kc += MC) {
      block(
        columns + (<usize>kc << 2), 4, line, panels,
        dw + (<usize>(kc * n) << 2), <usize>n << 2, min(MC, k - kc), n, rows, ic > 0, scratch,
      );
    }
  }
}

/** dx = col2im(dy W^T). */
export function convolutionInputGradient(dy: usize, w: Window, filter: usize, dx: usize, n: i32, scratch: usize): void {
  const m = positions(w), k = elements(w), most = rowsOf(w), line = lineOf(k);
  const panels = scratch + TILE, columns = panels + (<usize>((k + 7) * n) << 2);
  memory.fill(dx, 0, inputBytes(w));
  const panelLine = <usize>(((k + 7) & ~7) << 2);
  for (let pc = 0; pc < n; pc += KC) {
    packColumns(filter + (<usize>pc << 2), n, 1, k, min(KC, n - pc), panels + <usize>pc * panelLine);
  }
  for (let ic = 0; ic < m; ic += most) {
    const rows = min(most, m - ic);
    for (let pc = 0; pc < n; pc += KC) {
      const nc = min(KC, n - pc);
      block(
        dy + (<usize>(ic * n + pc) << 2), <usize>n << 2, 4, panels + <usize>pc * panelLine,
        columns, line, rows, k, nc, pc > 0, scratch,
      );
    }
    col2im(dx, w, ic, rows, columns, line);
  }
}
