/**
 * A module of functions to share, with an imported memory that is not shared. In the text format:
 *
 * ```wat
 * (module
 *   (import "env" "memory" (memory 1 65536))
 *   (func (export "nothing"))
 *   ;; to[i] = from[i]^2
 *   (func (export "square") (param $from i32) (param $to i32) (param $count i32)
 *     (block $end (loop $next
 *       (br_if $end (i32.le_s (local.get $count) (i32.const 0)))
 *       (f32.store (local.get $to) (f32.mul (f32.load (local.get $from)) (f32.load (local.get $from))))
 *       (local.set $from (i32.add (local.get $from) (i32.const 4)))
 *       (local.set $to (i32.add (local.get $to) (i32.const 4)))
 *       (local.set $count (i32.sub (local.get $count) (i32.const 1)))
 *       (br $next))))
 *   ;; to[i] += factor from[i]
 *   (func (export "axpy") (param $factor f32) (param $from i32) (param $to i32) (param $count i32)
 *     (block $end (loop $next
 *       (br_if $end (i32.le_s (local.get $count) (i32.const 0)))
 *       (f32.store (local.get $to) (f32.add (f32.load (local.get $to)) (f32.mul (local.get $factor) (f32.load (local.get $from)))))
 *       (local.set $from (i32.add (local.get $from) (i32.const 4)))
 *       (local.set $to (i32.add (local.get $to) (i32.const 4)))
 *       (local.set $count (i32.sub (local.get $count) (i32.const 1)))
 *       (br $next))))
 *   ;; by way of room of its own, with the instruction that compares with the size of the memory
 *   (func (export "carry") (param $from i32) (param $to i32) (param $bytes i32) (param $room i32)
 *     (memory.copy (local.get $room) (local.get $from) (local.get $bytes))
 *     (memory.copy (local.get $to) (local.get $room) (local.get $bytes))))
 * ```
 */
const kernels =
  'AGFzbQEAAAABGARgAABgA39/fwBgBH1/f38AYAR/f39/AAISAQNlbnYGbWVtb3J5AgEBgIAEAwUEAAECAwcjBAdub3RoaW5nAAAGc3F1YXJlAAEEYXhweQACBWNhcnJ5AAMKjgEEAgALNwACQANAIAJBAEwNASABIAAqAgAgACoCAJQ4AgAgAEEEaiEAIAFBBGohASACQQFrIQIMAAsACws6AAJAA0AgA0EATA0BIAIgAioCACAAIAEqAgCUkjgCACABQQRqIQEgAkEEaiECIANBAWshAwwACwALCxYAIAMgACAC/AoAACABIAMgAvwKAAAL';

export const bytes: Uint8Array<ArrayBuffer> = new Uint8Array(Buffer.from(kernels, 'base64'));

/** Numbers in (-1, 1), by mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}
