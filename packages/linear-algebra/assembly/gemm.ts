// C = alpha A B or C += alpha A B for any strides (a transpose is a pair of strides), after Goto and van de Geijn, "Anatomy
// of high-performance matrix multiplication", ACM TOMS 34 (2008): B in blocks of KC x NC, A in blocks of MC x KC, both
// packed into panels, then one micro-kernel. Offsets, strides and sizes count elements.
import { tile } from './tile';

const KC = 256;
const MC = 80;
const NC = 1024;

/**
 * triangle: 0 writes all of C, 1 only the tiles that reach its lower triangle, 2 only those that reach the upper. The
 * entries of a written tile on the other side are written too.
 * scratch: 20 + 80 x 256 + 1024 x 256 elements.
 */
export function gemm(
  a: usize, ars: i32, acs: i32, b: usize, brs: i32, bcs: i32, c: usize, ldc: i32,
  m: i32, n: i32, k: i32, alpha: f64, add: bool, triangle: i32, scratch: usize,
): void {
  const corner = scratch << 3, ap = corner + 160, bp = ap + (MC * KC << 3);
  const rowBytes = <usize>ldc << 3;
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      const more = add || pc > 0;
      pack(b + pc * brs + jc * bcs, bcs, brs, nc, kc, 4, 1, bp);
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        if (skipped(triangle, ic, mc, jc, nc)) continue;
        pack(a + ic * ars + pc * acs, ars, acs, mc, kc, 5, alpha, ap);
        for (let j = 0; j < nc; j += 4) {
          const cols = min(4, nc - j);
          for (let i = 0; i < mc; i += 5) {
            const rows = min(5, mc - i);
            if (skipped(triangle, ic + i, rows, jc + j, cols)) continue;
            const ai = ap + (<usize>(i * kc) << 3), bj = bp + (<usize>(j * kc) << 3);
            const cij = (c + (ic + i) * ldc + jc + j) << 3;
            if (rows === 5 && cols === 4) tile(kc, ai, bj, cij, rowBytes, more);
            else {
              tile(kc, ai, bj, corner, 32, false);
              for (let r = 0; r < rows; r++) {
                for (let q = 0; q < cols; q++) {
                  const at = cij + r * rowBytes + (q << 3);
                  const s = load<f64>(corner + (r << 5) + (q << 3));
                  store<f64>(at, more ? load<f64>(at) + s : s);
                }
              }
            }
          }
        }
      }
    }
  }
}

function skipped(triangle: i32, row: i32, rows: i32, column: i32, columns: i32): bool {
  return triangle === 1 ? column >= row + rows : triangle === 2 && row >= column + columns;
}

/** Panels of `width` rows, each walked along k, the last one filled up with zeros. */
function pack(from: usize, rs: i32, cs: i32, rows: i32, k: i32, width: i32, alpha: f64, to: usize): void {
  const next = <usize>cs << 3;
  for (let i = 0; i < rows; i += width) {
    for (let r = 0; r < width; r++) {
      let at = (from + (i + r) * rs) << 3, put = to + (r << 3);
      const step = width << 3;
      if (i + r < rows) {
        for (let p = 0; p < k; p++, at += next, put += step) store<f64>(put, alpha * load<f64>(at));
      } else for (let p = 0; p < k; p++, put += step) store<f64>(put, 0);
    }
    to += <usize>(width * k) << 3;
  }
}
