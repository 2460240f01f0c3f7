// The micro-kernels of every product: a tile of C (5, 4 or 2 rows x 8 columns) = or += rows of A times a panel of B.
// Element (r, p) of A lies at a + r la + p sa, the 8 elements of row p of B at b + p sb, row r of C at c + r lc, all in bytes:
// that describes packed panels as well as matrices where they lie.
// 5 x 8 keeps 10 sums, 2 vectors of B and one element of A in the 15 vector registers V8 has. The loop over k must not be
// unrolled: V8 then hoists the loads and spills the sums.
import { fma } from './fma';

/** Five rows. */
export function tile5(
  k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool,
): void {
  let a1 = a + la, a2 = a1 + la, a3 = a2 + la, a4 = a3 + la;
  const c1 = c + lc, c2 = c1 + lc, c3 = c2 + lc, c4 = c3 + lc;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00, s40 = s00, s41 = s00;
  if (add) {
    s00 = v128.load(c); s01 = v128.load(c, 16);
    s10 = v128.load(c1); s11 = v128.load(c1, 16);
    s20 = v128.load(c2); s21 = v128.load(c2, 16);
    s30 = v128.load(c3); s31 = v128.load(c3, 16);
    s40 = v128.load(c4); s41 = v128.load(c4, 16);
  }
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = fma(x, b0, s20); s21 = fma(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = fma(x, b0, s30); s31 = fma(x, b1, s31);
    x = v128.load32_splat(a4);
    s40 = fma(x, b0, s40); s41 = fma(x, b1, s41);
    a += sa; a1 += sa; a2 += sa; a3 += sa; a4 += sa; b += sb;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
  v128.store(c4, s40); v128.store(c4, s41, 16);
}

/** Four rows. */
export function tile4(
  k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool,
): void {
  let a1 = a + la, a2 = a1 + la, a3 = a2 + la;
  const c1 = c + lc, c2 = c1 + lc, c3 = c2 + lc;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  if (add) {
    s00 = v128.load(c); s01 = v128.load(c, 16);
    s10 = v128.load(c1); s11 = v128.load(c1, 16);
    s20 = v128.load(c2); s21 = v128.load(c2, 16);
    s30 = v128.load(c3); s31 = v128.load(c3, 16);
  }
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = fma(x, b0, s20); s21 = fma(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = fma(x, b0, s30); s31 = fma(x, b1, s31);
    a += sa; a1 += sa; a2 += sa; a3 += sa; b += sb;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
}

/** Two rows. */
export function tile2(
  k: i32, a: usize, la: usize, sa: usize, b: usize, sb: usize, c: usize, lc: usize, add: bool,
): void {
  let a1 = a + la;
  const c1 = c + lc;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00;
  if (add) {
    s00 = v128.load(c); s01 = v128.load(c, 16);
    s10 = v128.load(c1); s11 = v128.load(c1, 16);
  }
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = fma(x, b0, s00); s01 = fma(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = fma(x, b0, s10); s11 = fma(x, b1, s11);
    a += sa; a1 += sa; b += sb;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
}
