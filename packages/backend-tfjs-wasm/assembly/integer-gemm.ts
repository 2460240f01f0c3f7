/** C = A B of 32-bit integers, modulo 2^32. Strides count elements; C is row-major. */
export function integerGemm(
  a: usize, ars: i32, acs: i32, b: usize, brs: i32, bcs: i32, c: usize, m: i32, n: i32, k: i32,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let s = 0;
      for (let p = 0; p < k; p++) {
        s += load<i32>(a + (<usize>(i * ars + p * acs) << 2)) * load<i32>(b + (<usize>(p * brs + j * bcs) << 2));
      }
      store<i32>(c, s);
      c += 4;
    }
  }
}
