// The micro-kernels of every product: a tile of C (1 to ROWS rows x 8 columns) = or += rows of A times a panel of B.
// Element (r, p) of A lies at a + r la + p sa, the 8 elements of row p of B at b + p sb, row r of C at c + r lc, all in bytes:
// that describes packed panels as well as matrices where they lie.
import { fma } from './fma';

/**
 * V8 has 15 vector registers. 6 x 8 takes them all: 12 sums, 2 vectors of B, one element of A. Where a product is rounded before
 * it is added, it wants a register as well, and 5 x 8 is what fits.
 */
// @ts-ignore: decorator
@inline
export const ROWS = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/** The rows of the next tile where `m` are left: ROWS, and the last few tiles about even, since those of 4 and 5 lose least. */
export function nextRows(m: i32): i32 {
  if (m > (ROWS - 1) * (ROWS - 1)) return ROWS;
  const tiles = (m + ROWS - 1) / ROWS;
  return (m + tiles - 1) / tiles;
}

/** A tile of any number of rows. */
export function tile(
  rows: i32, k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool,
): void {
  if (ROWS == 6 && rows == 6) tile6(k, a, la, sa, b, sb, c, lc, add);
  else if (rows == 5) tile5(k, a, la, sa, b, sb, c, lc, add);
  else if (rows == 4) tile4(k, a, la, sa, b, sb, c, lc, add);
  else if (rows == 3) rowsOf(3, k, a, la, sa, b, sb, c, lc, add);
  else if (rows == 2) rowsOf(2, k, a, la, sa, b, sb, c, lc, add);
  else rowsOf(1, k, a, la, sa, b, sb, c, lc, add);
}

export function tile6(k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool): void {
  rowsOf(6, k, a, la, sa, b, sb, c, lc, add);
}

export function tile5(k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool): void {
  rowsOf(5, k, a, la, sa, b, sb, c, lc, add);
}

export function tile4(k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool): void {
  rowsOf(4, k, a, la, sa, b, sb, c, lc, add);
}

/** The loop over k must not be unrolled: V8 then hoists the loads and spills the sums. */
// @ts-ignore: decorator
@inline
function rowsOf(
  rows: i32, k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool,
): void {
  let a1 = a + la, a2 = a1 + la, a3 = a2 + la, a4 = a3 + la, a5 = a4 + la;
  const c1 = c + lc, c2 = c1 + lc, c3 = c2 + lc, c4 = c3 + lc, c5 = c4 + lc;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00;
  let s30 = s00, s31 = s00, s40 = s00, s41 = s00, s50 = s00, s51 = s00;
  if (add) {
    s00 = v128.load(c); s01 = v128.load(c, 16);
    if (rows > 1) { s10 = v128.load(c1); s11 = v128.load(c1, 16); }
    if (rows > 2) { s20 = v128.load(c2); s21 = v128.load(c2, 16); }
    if (rows > 3) { s30 = v128.load(c3); s31 = v128.load(c3, 16); }
    if (rows > 4) { s40 = v128.load(c4); s41 = v128.load(c4, 16); }
    if (rows > 5) { s50 = v128.load(c5); s51 = v128.load(c5, 16); }
  }
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
    if (rows > 1) { x = v128.load32_splat(a1); s10 = fma(x, b0, s10); s11 = fma(x, b1, s11); }
    if (rows > 2) { x = v128.load32_splat(a2); s20 = fma(x, b0, s20); s21 = fma(x, b1, s21); }
    if (rows > 3) { x = v128.load32_splat(a3); s30 = fma(x, b0, s30); s31 = fma(x, b1, s31); }
    if (rows > 4) { x = v128.load32_splat(a4); s40 = fma(x, b0, s40); s41 = fma(x, b1, s41); }
    if (rows > 5) { x = v128.load32_splat(a5); s50 = fma(x, b0, s50); s51 = fma(x, b1, s51); }
    a += sa; a1 += sa; a2 += sa; a3 += sa; a4 += sa; a5 += sa; b += sb;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  if (rows > 1) { v128.store(c1, s10); v128.store(c1, s11, 16); }
  if (rows > 2) { v128.store(c2, s20); v128.store(c2, s21, 16); }
  if (rows > 3) { v128.store(c3, s30); v128.store(c3, s31, 16); }
  if (rows > 4) { v128.store(c4, s40); v128.store(c4, s41, 16); }
  if (rows > 5) { v128.store(c5, s50); v128.store(c5, s51, 16); }
}
