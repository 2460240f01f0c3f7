/**
 * A sliding window over [batch, depth, height, width, channels]: 2-d operations have depth 1. The caller writes these numbers
 * into memory in this order.
 */
// @ts-ignore: decorator
@unmanaged
export class Window {
  batch: i32;
  depth: i32; height: i32; width: i32; channels: i32;
  kernelDepth: i32; kernelHeight: i32; kernelWidth: i32;
  outDepth: i32; outHeight: i32; outWidth: i32;
  strideDepth: i32; strideHeight: i32; strideWidth: i32;
  dilationDepth: i32; dilationHeight: i32; dilationWidth: i32;
  front: i32; top: i32; left: i32;
}

/** How often the window is put down: the rows of im2col's matrix. */
// @ts-ignore: decorator
@inline
export function positions(w: Window): i32 {
  return w.batch * w.outDepth * w.outHeight * w.outWidth;
}

/** Elements under the window: the columns of im2col's matrix. */
// @ts-ignore: decorator
@inline
export function elements(w: Window): i32 {
  return w.kernelDepth * w.kernelHeight * w.kernelWidth * w.channels;
}

/** Bytes of what the window slides over. */
// @ts-ignore: decorator
@inline
export function inputBytes(w: Window): usize {
  return (<usize>w.batch * <usize>(w.depth * w.height * w.width * w.channels)) << 2;
}
