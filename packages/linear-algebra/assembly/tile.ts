// The micro-kernel of every product: C tile (5 rows x 4 columns) = or += A panel x B panel, both packed.
// 10 sums, 2 vectors of B and one element of A fit the 16 vector registers of x86. The loop must not be unrolled: V8 then
// hoists the loads and spills the sums. A product and a sum are rounded separately, in the order of k: the plain kernels
// do the same, so both give the same bits.
export function tile(k: i32, a: usize, b: usize, c: usize, ldc: usize, add: bool): void {
  const c1 = c + ldc, c2 = c1 + ldc, c3 = c2 + ldc, c4 = c3 + ldc;
  let s00 = f64x2.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00, s40 = s00, s41 = s00;
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load64_splat(a);
    s00 = f64x2.add(s00, f64x2.mul(x, b0)); s01 = f64x2.add(s01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 8);
    s10 = f64x2.add(s10, f64x2.mul(x, b0)); s11 = f64x2.add(s11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 16);
    s20 = f64x2.add(s20, f64x2.mul(x, b0)); s21 = f64x2.add(s21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 24);
    s30 = f64x2.add(s30, f64x2.mul(x, b0)); s31 = f64x2.add(s31, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 32);
    s40 = f64x2.add(s40, f64x2.mul(x, b0)); s41 = f64x2.add(s41, f64x2.mul(x, b1));
    a += 40; b += 32;
  }
  put(c, s00, s01, add);
  put(c1, s10, s11, add);
  put(c2, s20, s21, add);
  put(c3, s30, s31, add);
  put(c4, s40, s41, add);
}

function put(c: usize, s0: v128, s1: v128, add: bool): void {
  if (add) {
    s0 = f64x2.add(v128.load(c), s0);
    s1 = f64x2.add(v128.load(c, 16), s1);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}
