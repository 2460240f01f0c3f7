import { read, write } from './lanes';

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
