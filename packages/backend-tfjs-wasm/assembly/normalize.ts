import { read, sum4, write } from './lanes';

/**
 * y = (x - mean) / sqrt(variance + epsilon) scale + offset over rows of c numbers. Each of the four is a row, or as large as x,
 * for which `meanStride` ... is c instead of 0; scale and offset may be absent (0).
 */
export function batchNorm(
  x: usize, mean: usize, meanStride: i32, variance: usize, varianceStride: i32, scale: usize, scaleStride: i32,
  offset: usize, offsetStride: i32, rows: i32, c: i32, epsilon: f32, y: usize,
): void {
  const e = f32x4.splat(epsilon), one = f32x4.splat(1), zero = f32x4.splat(0);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < c; ) {
      const four = j + 4 <= c, p = <usize>j << 2;
      const root = f32x4.sqrt(f32x4.add(read(variance + p, four), e));
      const factor = f32x4.div(scale ? read(scale + p, four) : one, root);
      const centred = f32x4.sub(read(x + p, four), read(mean + p, four));
      write(y + p, f32x4.add(f32x4.mul(centred, factor), offset ? read(offset + p, four) : zero), four);
      j += four ? 4 : 1;
    }
    x += <usize>c << 2; y += <usize>c << 2;
    mean += <usize>meanStride << 2; variance += <usize>varianceStride << 2;
    scale += <usize>scaleStride << 2; offset += <usize>offsetStride << 2;
  }
}

/**
 * y = (x - mean) / sqrt(variance + epsilon) scale + offset with mean and variance of each row of n numbers; writes both factors
 * of each row, mean and 1 / sqrt(variance + epsilon), for the gradient.
 */
export function layerNorm(
  x: usize, scale: usize, offset: usize, rows: i32, n: i32, epsilon: f32, y: usize, means: usize, factors: usize,
): void {
  const bytes = <usize>n << 2;
  for (let i = 0; i < rows; i++) {
    const mean = rowSum(x, n) / <f32>n, m = f32x4.splat(mean);
    let square = f32x4.splat(0), rest: f32 = 0, p: usize = 0;
    for (; p + 16 <= bytes; p += 16) {
      const d = f32x4.sub(v128.load(x + p), m);
      square = f32x4.add(square, f32x4.mul(d, d));
    }
    for (; p < bytes; p += 4) rest += (load<f32>(x + p) - mean) * (load<f32>(x + p) - mean);
    const factor: f32 = <f32>1 / sqrt<f32>((sum4(square) + rest) / <f32>n + epsilon), f = f32x4.splat(factor);
    for (p = 0; p < bytes; ) {
      const four = p + 16 <= bytes;
      const normal = f32x4.mul(f32x4.sub(read(x + p, four), m), f);
      write(y + p, f32x4.add(f32x4.mul(normal, read(scale + p, four)), read(offset + p, four)), four);
      p += four ? 16 : 4;
    }
    store<f32>(means, mean);
    store<f32>(factors, factor);
    x += bytes; y += bytes; means += 4; factors += 4;
  }
}

/**
 * With z the normalised row and g = dy scale: dx = (g - mean g - z mean(g z)) factor; dScale is the sum of dy z over the rows.
 */
export function layerNormGradient(
  x: usize, scale: usize, dy: usize, rows: i32, n: i32, means: usize, factors: usize, dx: usize, dScale: usize,
): void {
  const bytes = <usize>n << 2;
  memory.fill(dScale, 0, bytes);
  for (let i = 0; i < rows; i++) {
    const m = f32x4.splat(load<f32>(means)), f = f32x4.splat(load<f32>(factors));
    let s = f32x4.splat(0), t = s;
    for (let p: usize = 0; p < bytes; ) {
      const four = p + 16 <= bytes;
      const d = read(dy + p, four), g = f32x4.mul(d, read(scale + p, four));
      const z = f32x4.mul(f32x4.sub(read(x + p, four), m), f);
      // A lane that was not read is 0 in g, and adds nothing.
      s = f32x4.add(s, g);
      t = f32x4.add(t, f32x4.mul(g, z));
      write(dScale + p, f32x4.add(read(dScale + p, four), f32x4.mul(d, z)), four);
      p += four ? 16 : 4;
    }
    const meanG = f32x4.splat(sum4(s) / <f32>n), meanGZ = f32x4.splat(sum4(t) / <f32>n);
    for (let p: usize = 0; p < bytes; ) {
      const four = p + 16 <= bytes;
      const g = f32x4.mul(read(dy + p, four), read(scale + p, four));
      const z = f32x4.mul(f32x4.sub(read(x + p, four), m), f);
      write(dx + p, f32x4.mul(f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(z, meanGZ)), f), four);
      p += four ? 16 : 4;
    }
    x += bytes; dy += bytes; dx += bytes; means += 4; factors += 4;
  }
}

function rowSum(x: usize, n: i32): f32 {
  const bytes = <usize>n << 2;
  let s = f32x4.splat(0), rest: f32 = 0, p: usize = 0;
  for (; p + 16 <= bytes; p += 16) s = f32x4.add(s, v128.load(x + p));
  for (; p < bytes; p += 4) rest += load<f32>(x + p);
  return sum4(s) + rest;
}
