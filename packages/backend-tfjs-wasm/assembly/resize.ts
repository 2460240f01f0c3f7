// Interpolation along the middle axis of [outer, n, inner], and its adjoint. Result j is the mixture of two slices of the input:
// the table has for each j the bytes from the start to the one and to the other, and the weight of the other.

/** Bytes of an entry of the table: two offsets and a weight. */
// @ts-ignore: decorator
@inline
const ENTRY: usize = 12;

/** y[o, j] = (1 - w_j) x[o, i_j] + w_j x[o, k_j]; where w_j is 0 the slice is copied, of any type of 4 bytes. */
export function interpolate(x: usize, table: usize, outer: i32, n: i32, m: i32, inner: i32, y: usize): void {
  const line = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < m; j++) {
      const entry = table + <usize>j * ENTRY;
      const a = x + <usize>load<u32>(entry), b = x + <usize>load<u32>(entry, 4), weight = load<f32>(entry, 8);
      if (weight == 0) memory.copy(y, a, line);
      else mix(a, b, weight, line, y);
      y += line;
    }
    x += <usize>n * line;
  }
}

/** x[o, i_j] += (1 - w_j) y[o, j] and x[o, k_j] += w_j y[o, j], from zeros. */
export function interpolateAdjoint(y: usize, table: usize, outer: i32, n: i32, m: i32, inner: i32, x: usize): void {
  const line = <usize>inner << 2;
  memory.fill(x, 0, <usize>outer * <usize>n * line);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < m; j++) {
      const entry = table + <usize>j * ENTRY;
      const weight = load<f32>(entry, 8);
      add(y, 1 - weight, line, x + <usize>load<u32>(entry));
      if (weight != 0) add(y, weight, line, x + <usize>load<u32>(entry, 4));
      y += line;
    }
    x += <usize>n * line;
  }
}

function mix(a: usize, b: usize, weight: f32, line: usize, y: usize): void {
  const w = f32x4.splat(weight);
  let p: usize = 0;
  for (; p + 16 <= line; p += 16) {
    const from = v128.load(a + p);
    v128.store(y + p, f32x4.add(from, f32x4.mul(w, f32x4.sub(v128.load(b + p), from))));
  }
  for (; p < line; p += 4) store<f32>(y + p, load<f32>(a + p) + weight * (load<f32>(b + p) - load<f32>(a + p)));
}

function add(y: usize, weight: f32, line: usize, x: usize): void {
  const w = f32x4.splat(weight);
  let p: usize = 0;
  for (; p + 16 <= line; p += 16) v128.store(x + p, f32x4.add(v128.load(x + p), f32x4.mul(w, v128.load(y + p))));
  for (; p < line; p += 4) store<f32>(x + p, load<f32>(x + p) + weight * load<f32>(y + p));
}
