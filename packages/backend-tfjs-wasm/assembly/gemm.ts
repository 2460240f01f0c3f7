// C = A B or C += A B for any strides (a transpose is a pair of strides), after Goto and van de Geijn, "Anatomy of
// high-performance matrix multiplication", ACM TOMS 34 (2008): B in blocks of KC x NC, A in blocks of MC x KC, both packed
// into panels, then one micro-kernel. Strides and ldc count elements.
import { epilogue } from './epilogue';
import { pack5, pack8 } from './pack';
import { rowDots } from './row-dots';
import { tile2, tile4, tile5 } from './tile';

// @ts-ignore: decorator
@inline
export const KC = 256;
// @ts-ignore: decorator
@inline
export const MC = 120;
// @ts-ignore: decorator
@inline
export const NC = 1024;
/** Bytes of one tile, for the edges. */
// @ts-ignore: decorator
@inline
export const TILE: usize = 160;

/** Bytes of scratch that `gemm` wants for these sizes. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  return TILE + packedA(m, k) + packedB(n == 1 ? m : n, k);
}

// @ts-ignore: decorator
@inline
export function packedA(m: i32, k: i32): usize {
  return <usize>((min(m, MC) + 4) * min(k, KC)) << 2;
}

// @ts-ignore: decorator
@inline
export function packedB(n: i32, k: i32): usize {
  return <usize>((min(n, NC) + 7) * min(k, KC)) << 2;
}

export function gemm(
  a: usize, ars: i32, acs: i32, b: usize, brs: i32, bcs: i32, c: usize, ldc: i32,
  m: i32, n: i32, k: i32, add: bool, scratch: usize,
): void {
  gemmFused(a, ars, acs, b, brs, bcs, c, ldc, m, n, k, add, scratch, 0, 0, 0, 0, 0);
}

/** `gemm`, then bias and activation on every block of C as soon as it is done; see `epilogue`. */
export function gemmFused(
  a: usize, ars: i32, acs: i32, b: usize, brs: i32, bcs: i32, c: usize, ldc: i32,
  m: i32, n: i32, k: i32, add: bool, scratch: usize,
  bias: usize, activation: i32, slope: f32, slopes: usize, slopeStride: i32,
): void {
  const fused = bias != 0 || activation != 0;
  if (k == 0 || n == 1 || m == 1) {
    if (narrow(a, ars, acs, b, brs, bcs, c, ldc, m, n, k, add, scratch)) {
      if (fused) epilogue(c, ldc, m, n, bias, activation, slope, slopes, slopeStride);
      return;
    }
  }
  // Few rows use B once or twice, and a small B stays in the cache anyway: then it is read where it lies. So are the rows of
  // A; only the columns of a transposed A, far apart, are worth packing.
  const directB = bcs == 1 && (m <= 15 || k * n <= 2048);
  const directA = acs == 1 || (ars == 1 && (n <= 16 || k * m <= 2048));
  const ap = scratch + TILE, bp = ap + packedA(m, k);
  const la = directA ? <usize>ars << 2 : 4, sa = directA ? <usize>acs << 2 : 20;
  const sb = directB ? <usize>brs << 2 : 32, lc = <usize>ldc << 2;
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      const bb = b + (<usize>(pc * brs + jc * bcs) << 2);
      const whole = directB ? nc & ~7 : 0;
      pack8(bb + (<usize>(whole * bcs) << 2), bcs, brs, nc - whole, kc, bp);
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        const aa = a + (<usize>(ic * ars + pc * acs) << 2);
        if (!directA) pack5(aa, ars, acs, mc, kc, ap);
        const ci = c + (<usize>(ic * ldc + jc) << 2);
        const more = add || pc > 0;
        const ai = directA ? aa : ap, five: usize = directA ? la * 5 : <usize>(kc * 20);
        block(ai, five, la, sa, bb, 32, sb, ci, lc, mc, whole, kc, more, scratch);
        block(ai, five, la, sa, bp, <usize>kc << 5, 32, ci + (<usize>whole << 2), lc, mc, nc - whole, kc, more, scratch);
        if (fused && pc + kc == k) {
          epilogue(
            ci, ldc, mc, nc, bias ? bias + (<usize>jc << 2) : 0, activation, slope,
            slopes + (<usize>(ic * slopeStride + jc) << 2), slopeStride,
          );
        }
      }
    }
  }
}

/** Empty products, and a matrix by a vector where it lies right; false where it does not. */
function narrow(
  a: usize, ars: i32, acs: i32, b: usize, brs: i32, bcs: i32, c: usize, ldc: i32,
  m: i32, n: i32, k: i32, add: bool, scratch: usize,
): bool {
  if (k == 0) {
    if (!add) for (let i = 0; i < m; i++) memory.fill(c + (<usize>(i * ldc) << 2), 0, <usize>n << 2);
    return true;
  }
  if (n == 1 && acs == 1 && brs == 1) {
    rowDots(a, ars, m, k, b, c, ldc, add);
    return true;
  }
  if (m == 1 && brs == 1 && acs == 1) {
    rowDots(b, bcs, n, k, a, c, 1, add);
    return true;
  }
  if (n == 1 && m > 1 && ars == 1 && ldc == 1) {
    gemm(b, bcs, brs, a, acs, ars, c, m, 1, m, k, add, scratch);
    return true;
  }
  return false;
}

/**
 * One block of C from one block of A and one of B: every tile of 5 x 8, and the edges. The next five rows of A start `five`
 * bytes on, the next eight columns of B `eight` bytes on; the rest as for the tiles. `edges` is room for a tile.
 */
export function block(
  a: usize, five: usize, la: usize, sa: usize, b: usize, eight: usize, sb: usize, c: usize, lc: usize,
  m: i32, n: i32, k: i32, add: bool, edges: usize,
): void {
  for (let j = 0; j < n; j += 8) {
    const cols = min(8, n - j);
    let ai = a, ci = c;
    for (let i = 0; i < m; i += 5) {
      const rows = min(5, m - i);
      if (cols == 8 && rows == 5) tile5(k, ai, la, sa, b, sb, ci, lc, add);
      else if (cols == 8 && rows == 4) tile4(k, ai, la, sa, b, sb, ci, lc, add);
      else edge(k, ai, la, sa, b, sb, ci, lc, rows, cols, add, edges);
      ai += five; ci += 5 * lc;
    }
    b += eight; c += 32;
  }
}

function edge(
  k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, rows: i32, cols: i32,
  add: bool, tile: usize,
): void {
  if (rows == 5) tile5(k, a, la, sa, b, sb, tile, 32, false);
  else if (rows == 4) tile4(k, a, la, sa, b, sb, tile, 32, false);
  else {
    // A row that does not exist is a copy of the row before: nothing is read beyond the end of A.
    tile2(k, a, rows == 1 ? 0 : la, sa, b, sb, tile, 32, false);
    if (rows == 3) tile2(k, a + 2 * la, 0, sa, b, sb, tile + 64, 32, false);
  }
  for (let r = 0; r < rows; r++) {
    let q: usize = 0;
    if (cols >= 4) {
      const s = v128.load(tile);
      v128.store(c, add ? f32x4.add(v128.load(c), s) : s);
      q = 16;
    }
    for (; q < <usize>cols << 2; q += 4) {
      const s = load<f32>(tile + q);
      store<f32>(c + q, add ? load<f32>(c + q) + s : s);
    }
    c += lc; tile += 32;
  }
}
