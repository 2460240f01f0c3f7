// C = A B or C += A B for any strides (a transpose is a pair of strides), after Goto and van de Geijn, "Anatomy of
// high-performance matrix multiplication", ACM TOMS 34 (2008): B in blocks of KC x NC, A in blocks of MC x KC, both packed
// into panels, then one micro-kernel. A panel of B is packed right before its first use, and is in the first cache then. Strides and ldc count elements.
import { epilogue } from './epilogue';
import { packPanel, packRows } from './pack';
import { rowDots } from './row-dots';
import { nextRows, ROWS, tile, tile4, tile5, tile6 } from './tile';

// @ts-ignore: decorator
@inline
export const KC = 320;
// @ts-ignore: decorator
@inline
export const MC = 22 * ROWS;
// @ts-ignore: decorator
@inline
export const NC = 1024;
/** Bytes of one tile, for the edges. */
// @ts-ignore: decorator
@inline
export const TILE: usize = 192;

/** Bytes of scratch that `gemm` wants for these sizes. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  return TILE + packedA(m, k) + packedB(n == 1 ? m : n, k);
}

// @ts-ignore: decorator
@inline
export function packedA(m: i32, k: i32): usize {
  return <usize>(min(m, MC) * min(k, KC)) << 2;
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

/** `gemmFused` for each of so many products; from one to the next are the given numbers of bytes. */
export function gemmBatch(
  count: i32, aStep: usize, bStep: usize, cStep: usize, slopesStep: usize,
  a: usize, ars: i32, acs: i32, b: usize, brs: i32, bcs: i32, c: usize, ldc: i32,
  m: i32, n: i32, k: i32, add: bool, scratch: usize,
  bias: usize, activation: i32, slope: f32, slopes: usize, slopeStride: i32,
): void {
  for (; count > 0; count--) {
    gemmFused(
      a, ars, acs, b, brs, bcs, c, ldc, m, n, k, add, scratch, bias, activation, slope, slopes, slopeStride,
    );
    a += aStep; b += bStep; c += cStep; slopes += slopesStep;
  }
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
  const la = <usize>ars << 2, sa = <usize>acs << 2, lc = <usize>ldc << 2;
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0, kc = 0; pc < k; pc += kc) {
      kc = even(k - pc, KC);
      for (let ic = 0, mc = 0; ic < m; ic += mc) {
        mc = min(m - ic, (even(m - ic, MC) + ROWS - 1) / ROWS * ROWS);
        const aa = a + (<usize>(ic * ars + pc * acs) << 2);
        if (!directA) packRows(aa, ars, acs, mc, kc, ap);
        const ci = c + (<usize>(ic * ldc + jc) << 2);
        const more = add || pc > 0;
        let bb = b + (<usize>(pc * brs + jc * bcs) << 2), panel = bp;
        for (let j = 0; j < nc; j += 8) {
          const cols = min(8, nc - j), cj = ci + (<usize>j << 2);
          const direct = directB && cols == 8;
          if (ic == 0 && !direct) packPanel(bb, bcs, brs, cols, kc, panel);
          const b8 = direct ? bb : panel, sb = direct ? <usize>brs << 2 : 32;
          if (directA) tiles(aa, false, la, sa, b8, sb, cj, lc, mc, cols, kc, more, scratch);
          else tiles(ap, true, 4, 0, b8, sb, cj, lc, mc, cols, kc, more, scratch);
          bb += <usize>bcs << 5;
          // Only further blocks of A want to see the panel again.
          if (mc < m) panel += <usize>kc << 5;
        }
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

/** The size of the next block where `left` are left: at most `most`, and all about even. */
function even(left: i32, most: i32): i32 {
  const blocks = (left + most - 1) / most;
  return (left + blocks - 1) / blocks;
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
 * `tiles` for all columns of a block of C. Rows of A lie `la` bytes apart, their elements `sa`. The panels of B are packed, each
 * k lines of 8 columns.
 */
export function block(
  a: usize, la: usize, sa: usize, b: usize, c: usize, lc: usize, m: i32, n: i32, k: i32, add: bool, edges: usize,
): void {
  for (let j = 0; j < n; j += 8) {
    tiles(a, false, la, sa, b, 32, c, lc, m, min(8, n - j), k, add, edges);
    b += <usize>k << 5; c += 32;
  }
}

/**
 * Up to 8 columns of C: a tile after the other from a block of A and a panel of B. Where A is `packed`, the panels of its rows
 * lie one after the other; else rows are `la` bytes apart and their elements `sa`. `edges` is room for a tile.
 */
function tiles(
  a: usize, packed: bool, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize,
  m: i32, cols: i32, k: i32, add: bool, edges: usize,
): void {
  while (m > 0) {
    const rows = nextRows(m);
    const s = packed ? <usize>rows << 2 : sa;
    if (cols < 8) edge(k, a, la, s, b, sb, c, lc, rows, cols, add, edges);
    else if (ROWS == 6 && rows == 6) tile6(k, a, la, s, b, sb, c, lc, add);
    else if (rows == 5) tile5(k, a, la, s, b, sb, c, lc, add);
    else if (rows == 4) tile4(k, a, la, s, b, sb, c, lc, add);
    else tile(rows, k, a, la, s, b, sb, c, lc, add);
    m -= rows; a += packed ? k * s : rows * la; c += rows * lc;
  }
}

function edge(
  k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, rows: i32, cols: i32,
  add: bool, edges: usize,
): void {
  tile(rows, k, a, la, sa, b, sb, edges, 32, false);
  for (let r = 0; r < rows; r++) {
    let q: usize = 0;
    if (cols >= 4) {
      const s = v128.load(edges);
      v128.store(c, add ? f32x4.add(v128.load(c), s) : s);
      q = 16;
    }
    for (; q < <usize>cols << 2; q += 4) {
      const s = load<f32>(edges + q);
      store<f32>(c + q, add ? load<f32>(c + q) + s : s);
    }
    c += lc; edges += 32;
  }
}
