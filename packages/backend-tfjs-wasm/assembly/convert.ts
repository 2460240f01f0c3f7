import { read, write } from './lanes';

/** Float32 to int32, towards zero; NaN to 0. */
export function floatToInt(x: usize, y: usize, n: i32): void {
  const end = <usize>n << 2;
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) v128.store(y + p, i32x4.trunc_sat_f32x4_s(v128.load(x + p)));
  for (; p < end; p += 4) write(y + p, i32x4.trunc_sat_f32x4_s(read(x + p, false)), false);
}

/** Int32 to float32. */
export function intToFloat(x: usize, y: usize, n: i32): void {
  const end = <usize>n << 2;
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) v128.store(y + p, f32x4.convert_i32x4_s(v128.load(x + p)));
  for (; p < end; p += 4) write(y + p, f32x4.convert_i32x4_s(read(x + p, false)), false);
}

/** Bool to float32, or to int32 where `whole`. */
export function boolToNumber(x: usize, y: usize, n: i32, whole: bool): void {
  const one = whole ? 1 : reinterpret<i32>(<f32>1);
  for (let i = 0; i < n; i++) store<i32>(y + (<usize>i << 2), load<u8>(x + i) ? one : 0);
}

/** Whether a number differs from 0, of float32 or, where `whole`, of int32. NaN does. */
export function numberToBool(x: usize, y: usize, n: i32, whole: bool): void {
  for (let i = 0; i < n; i++) {
    const at = x + (<usize>i << 2);
    store<u8>(y + i, <u8>(whole ? load<i32>(at) != 0 : load<f32>(at) != 0));
  }
}

/** min(max(x, low), high); NaN stays NaN. */
export function clip(x: usize, y: usize, n: i32, low: f32, high: f32): void {
  const end = <usize>n << 2;
  const l = f32x4.splat(low), h = f32x4.splat(high);
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) v128.store(y + p, f32x4.min(f32x4.max(v128.load(x + p), l), h));
  for (; p < end; p += 4) write(y + p, f32x4.min(f32x4.max(read(x + p, false), l), h), false);
}
