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
const TILE = 160;

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
  const ap = scratch + TILE, bp = ap + packedA(m, k);
  // Few rows use B once or twice: then it is cheaper to read it where it lies.
  const directB = bcs == 1 && (m <= 15 || k * n <= 2048);
  const directA = ars == 1 && (n <= 16 || k * m <= 2048);
  const sb = directB ? <usize>brs << 2 : 32;
  const sa = directA ? <usize>acs << 2 : 20;
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
        const wholeA = directA ? mc - mc % 5 : 0;
        pack5(aa + (<usize>(wholeA * ars) << 2), ars, acs, mc - wholeA, kc, ap);
        block(
          aa, sa, wholeA, ap, bb, sb, whole, bp,
          c + (<usize>(ic * ldc + jc) << 2), <usize>ldc << 2, mc, nc, kc, add || pc > 0, scratch,
        );
        if (fused && pc + kc == k) {
          epilogue(
            c + (<usize>(ic * ldc + jc) << 2), ldc, mc, nc, bias ? bias + (<usize>jc << 2) : 0, activation, slope,
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

/** One block of C from one block of A and one of B; the first `wholeA` rows and `wholeB` columns lie unpacked. */
export function block(
  a: usize, sa: usize, wholeA: i32, ap: usize, b: usize, sb: usize, wholeB: i32, bp: usize,
  c: usize, ldc: usize, m: i32, n: i32, k: i32, add: bool, tile: usize,
): void {
  for (let j = 0; j < n; j += 8) {
    const inB = j < wholeB;
    const bj = inB ? b + (<usize>j << 2) : bp + (<usize>((j - wholeB) * k) << 2);
    const sbj = inB ? sb : 32;
    const cols = min(8, n - j);
    for (let i = 0; i < m; i += 5) {
      const inA = i < wholeA;
      const ai = inA ? a + (<usize>i << 2) : ap + (<usize>((i - wholeA) * k) << 2);
      const sai = inA ? sa : 20;
      const rows = min(5, m - i);
      const cij = c + <usize>i * ldc + (<usize>j << 2);
      if (cols == 8 && rows == 5) tile5(k, ai, sai, bj, sbj, cij, ldc, add);
      else if (cols == 8 && rows == 4) tile4(k, ai, sai, bj, sbj, cij, ldc, add);
      else edge(k, ai, sai, bj, sbj, cij, ldc, rows, cols, add, tile);
    }
  }
}

function edge(
  k: i32, a: usize, sa: usize, b: usize, sb: usize, c: usize, ldc: usize, rows: i32, cols: i32, add: bool, tile: usize,
): void {
  if (rows == 5) tile5(k, a, sa, b, sb, tile, 32, false);
  else if (rows > 2) tile4(k, a, sa, b, sb, tile, 32, false);
  else tile2(k, a, sa, b, sb, tile, 32, false);
  for (let r = 0; r < rows; r++) {
    for (let q: usize = 0; q < <usize>cols << 2; q += 4) {
      const s = load<f32>(tile + q);
      store<f32>(c + q, add ? load<f32>(c + q) + s : s);
    }
    c += ldc; tile += 32;
  }
}
