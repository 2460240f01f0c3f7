// Products of rows by vectors. Sums run in two lanes, even and odd columns, in the order of the columns.

/** y_i = <row i, x>. Rows have k elements and begin lda apart. Offsets count elements. */
export function rowDots(a: usize, lda: i32, rows: i32, k: i32, x: usize, y: usize): void {
  const next = (<usize>lda) << 3,
    whole = k & ~1;
  a <<= 3;
  x <<= 3;
  y <<= 3;
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    let a0 = a,
      a1 = a0 + next,
      a2 = a1 + next,
      a3 = a2 + next,
      xp = x;
    let s0 = f64x2.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let p = 0; p < whole; p += 2) {
      const xv = v128.load(xp);
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a0), xv));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(a1), xv));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(a2), xv));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(a3), xv));
      xp += 16;
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
    }
    finish(s0, a0, xp, whole < k, y);
    finish(s1, a1, xp, whole < k, y + 8);
    finish(s2, a2, xp, whole < k, y + 16);
    finish(s3, a3, xp, whole < k, y + 24);
    a += next << 2;
    y += 32;
  }
  for (; i < rows; i++) {
    let a0 = a,
      xp = x,
      s0 = f64x2.splat(0);
    for (let p = 0; p < whole; p += 2) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a0), v128.load(xp)));
      xp += 16;
      a0 += 16;
    }
    finish(s0, a0, xp, whole < k, y);
    a += next;
    y += 8;
  }
}

function finish(s: v128, a: usize, x: usize, odd: bool, y: usize): void {
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  if (odd) sum += load<f64>(a) * load<f64>(x);
  store<f64>(y, sum);
}

/** y += the sum over i of t_i (row i), row by row. */
export function rowSum(a: usize, lda: i32, rows: i32, k: i32, t: usize, y: usize): void {
  const next = (<usize>lda) << 3;
  a <<= 3;
  t <<= 3;
  y <<= 3;
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const t0 = v128.load64_splat(t),
      t1 = v128.load64_splat(t, 8),
      t2 = v128.load64_splat(t, 16),
      t3 = v128.load64_splat(t, 24);
    let a0 = a,
      a1 = a0 + next,
      a2 = a1 + next,
      a3 = a2 + next,
      yp = y;
    let p = 0;
    for (; p + 2 <= k; p += 2) {
      let s = f64x2.add(v128.load(yp), f64x2.mul(t0, v128.load(a0)));
      s = f64x2.add(s, f64x2.mul(t1, v128.load(a1)));
      s = f64x2.add(s, f64x2.mul(t2, v128.load(a2)));
      v128.store(yp, f64x2.add(s, f64x2.mul(t3, v128.load(a3))));
      yp += 16;
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
    }
    if (p < k) {
      let s = load<f64>(yp) + load<f64>(t) * load<f64>(a0);
      s += load<f64>(t, 8) * load<f64>(a1);
      s += load<f64>(t, 16) * load<f64>(a2);
      store<f64>(yp, s + load<f64>(t, 24) * load<f64>(a3));
    }
    a += next << 2;
    t += 32;
  }
  for (; i < rows; i++) {
    axpy(a, k, load<f64>(t), y);
    a += next;
    t += 8;
  }
}

/** Row i += t_i x. With `shrink`, each row begins one element later in x than the one before: a triangle. */
export function rankOne(a: usize, lda: i32, rows: i32, k: i32, t: usize, x: usize, shrink: bool): void {
  const next = (<usize>lda) << 3;
  a <<= 3;
  t <<= 3;
  x <<= 3;
  for (let i = 0; i < rows; i++) {
    axpy(x, k, load<f64>(t), a);
    a += next;
    t += 8;
    if (shrink) {
      x += 8;
      k--;
    }
  }
}

/** y += t x, in bytes. */
function axpy(x: usize, k: i32, t: f64, y: usize): void {
  const tv = f64x2.splat(t);
  let p = 0;
  for (; p + 2 <= k; p += 2) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(tv, v128.load(x))));
    y += 16;
    x += 16;
  }
  if (p < k) store<f64>(y, load<f64>(y) + t * load<f64>(x));
}
