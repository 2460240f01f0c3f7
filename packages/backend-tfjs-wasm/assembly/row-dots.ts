import { fma } from './fma';
import { sum4 } from './lanes';

/** y_i (+)= <row i of A, x>, for rows of k elements side by side. Strides count elements. */
export function rowDots(a: usize, stride: i32, rows: i32, k: i32, x: usize, y: usize, yStride: i32, add: bool): void {
  const end = <usize>k << 2, whole = end & ~63;
  for (let i = 0; i < rows; i++) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let p: usize = 0;
    for (; p < whole; p += 64) {
      s0 = fma(v128.load(a + p), v128.load(x + p), s0);
      s1 = fma(v128.load(a + p, 16), v128.load(x + p, 16), s1);
      s2 = fma(v128.load(a + p, 32), v128.load(x + p, 32), s2);
      s3 = fma(v128.load(a + p, 48), v128.load(x + p, 48), s3);
    }
    let s = sum4(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    for (; p < end; p += 4) s += load<f32>(a + p) * load<f32>(x + p);
    store<f32>(y, add ? load<f32>(y) + s : s);
    a += <usize>stride << 2; y += <usize>yStride << 2;
  }
}
