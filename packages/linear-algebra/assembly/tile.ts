// The micro-kernel of every product: C tile (5 rows x 4 columns) = or += A panel x B panel, both packed.
// 10 sums, 2 vectors of B and the elements of A fit the 16 vector registers of x86. The form matters: with the
// loop unrolled, or with C added by a branch of its own before the stores, V8 spills the sums and runs at half the speed.
// A product and a sum are rounded separately, in the order of k: the plain kernels do the same, so both give the same bits.
export function tile(k: i32, a: usize, b: usize, c: usize, ldc: usize, add: bool): void {
  let s00 = f64x2.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00, s40 = s00, s41 = s00;
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load64_splat(a);
    s00 = f64x2.add(s00, f64x2.mul(x0, b0)); s01 = f64x2.add(s01, f64x2.mul(x0, b1));
    const x1 = v128.load64_splat(a, 8);
    s10 = f64x2.add(s10, f64x2.mul(x1, b0)); s11 = f64x2.add(s11, f64x2.mul(x1, b1));
    const x2 = v128.load64_splat(a, 16);
    s20 = f64x2.add(s20, f64x2.mul(x2, b0)); s21 = f64x2.add(s21, f64x2.mul(x2, b1));
    const x3 = v128.load64_splat(a, 24);
    s30 = f64x2.add(s30, f64x2.mul(x3, b0)); s31 = f64x2.add(s31, f64x2.mul(x3, b1));
    const x4 = v128.load64_splat(a, 32);
    s40 = f64x2.add(s40, f64x2.mul(x4, b0)); s41 = f64x2.add(s41, f64x2.mul(x4, b1));
    a += 40; b += 32;
  }
  if (add) {
    more(c, s00, s01); more(c + ldc, s10, s11); more(c + 2 * ldc, s20, s21); more(c + 3 * ldc, s30, s31); more(c + 4 * ldc, s40, s41);
  } else {
    put(c, s00, s01); put(c + ldc, s10, s11); put(c + 2 * ldc, s20, s21); put(c + 3 * ldc, s30, s31); put(c + 4 * ldc, s40, s41);
  }
}

function more(c: usize, s0: v128, s1: v128): void {
  put(c, f64x2.add(v128.load(c), s0), f64x2.add(v128.load(c, 16), s1));
}

function put(c: usize, s0: v128, s1: v128): void {
  v128.store(c, s0);
  v128.store(c, s1, 16);
}
