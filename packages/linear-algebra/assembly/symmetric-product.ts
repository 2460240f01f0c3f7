/**
 * y += A x for a symmetric A of which only the upper triangle is read. Four rows at a time, so that an element is loaded once
 * and used for both its places. Offsets count elements.
 */
export function symmetricProduct(a: usize, lda: i32, n: i32, x: usize, y: usize): void {
  const next = (<usize>lda) << 3;
  a <<= 3;
  x <<= 3;
  y <<= 3;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    triangle(a, next, 4, x, y);
    let a0 = a + 32,
      a1 = a0 + next,
      a2 = a1 + next,
      a3 = a2 + next,
      xp = x + 32,
      yp = y + 32;
    const x0 = v128.load64_splat(x),
      x1 = v128.load64_splat(x, 8),
      x2 = v128.load64_splat(x, 16),
      x3 = v128.load64_splat(x, 24);
    let s0 = f64x2.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    let p = i + 4;
    for (; p + 2 <= n; p += 2) {
      const xv = v128.load(xp);
      let r = v128.load(a0);
      s0 = f64x2.add(s0, f64x2.mul(r, xv));
      let yv = f64x2.add(v128.load(yp), f64x2.mul(r, x0));
      r = v128.load(a1);
      s1 = f64x2.add(s1, f64x2.mul(r, xv));
      yv = f64x2.add(yv, f64x2.mul(r, x1));
      r = v128.load(a2);
      s2 = f64x2.add(s2, f64x2.mul(r, xv));
      yv = f64x2.add(yv, f64x2.mul(r, x2));
      r = v128.load(a3);
      s3 = f64x2.add(s3, f64x2.mul(r, xv));
      v128.store(yp, f64x2.add(yv, f64x2.mul(r, x3)));
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      xp += 16;
      yp += 16;
    }
    addLanes(y, s0);
    addLanes(y + 8, s1);
    addLanes(y + 16, s2);
    addLanes(y + 24, s3);
    if (p < n) {
      for (let r = 0; r < 4; r++) {
        both(a0, x + (r << 3), xp, y + (r << 3), yp);
        a0 += next;
      }
    }
    a += (next + 8) << 2;
    x += 32;
    y += 32;
  }
  triangle(a, next, n - i, x, y);
}

/** The triangle on the diagonal. */
function triangle(a: usize, next: usize, n: i32, x: usize, y: usize): void {
  for (let r = 0; r < n; r++) {
    store<f64>(y, load<f64>(y) + load<f64>(a) * load<f64>(x));
    for (let q = 1; q < n - r; q++) both(a + (q << 3), x, x + (q << 3), y, y + (q << 3));
    a += next + 8;
    x += 8;
    y += 8;
  }
}

/** An element off the diagonal, in both its places. */
function both(a: usize, xr: usize, xc: usize, yr: usize, yc: usize): void {
  const e = load<f64>(a);
  store<f64>(yr, load<f64>(yr) + e * load<f64>(xc));
  store<f64>(yc, load<f64>(yc) + e * load<f64>(xr));
}

function addLanes(y: usize, s: v128): void {
  store<f64>(y, load<f64>(y) + (f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)));
}
