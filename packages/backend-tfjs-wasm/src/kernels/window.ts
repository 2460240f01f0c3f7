import { type backend_util, util } from '@tensorflow/tfjs-core';
import { type Exports } from './exports.ts';
import { type KernelHost } from './host.ts';
import { partsOf, ranges } from './split.ts';

/** A sliding window as `assembly/window.ts` takes it: 20 numbers, 2-d operations with depth 1. */
export type Window = readonly number[];

/** Bytes of a window in memory. */
const windowBytes = 80;

/** Bytes of one image of a batch. */
export const bytesOfImage = (shape: readonly number[]): number => 4 * util.sizeFromShape(shape.slice(1));

/** Calls `use` with the window over each of so many parts of the batch: where it lies in memory, and from which image on. */
export function withWindows(
  host: KernelHost,
  [batch, ...rest]: Window,
  parts: number,
  use: (windows: readonly { readonly w: number; readonly image: number }[]) => void,
): void {
  host.scratch(windowBytes * parts, (at) => {
    use(
      ranges(batch!, parts, 1, (image, images, part) => {
        const w = at + part * windowBytes;
        host.writeInts(w, [images, ...rest]);
        return { w, image };
      }),
    );
  });
}

export function window2d(info: backend_util.Conv2DInfo): Window {
  return [
    ...[info.batchSize, 1, info.inHeight, info.inWidth, info.inChannels],
    ...[1, info.filterHeight, info.filterWidth, 1, info.outHeight, info.outWidth],
    ...[1, info.strideHeight, info.strideWidth, 1, info.dilationHeight, info.dilationWidth],
    ...[0, info.padInfo.top, info.padInfo.left],
  ];
}

export function window3d(info: backend_util.Conv3DInfo): Window {
  return [
    ...[info.batchSize, info.inDepth, info.inHeight, info.inWidth, info.inChannels],
    ...[info.filterDepth, info.filterHeight, info.filterWidth, info.outDepth, info.outHeight, info.outWidth],
    ...[info.strideDepth, info.strideHeight, info.strideWidth],
    ...[info.dilationDepth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.front, info.padInfo.top, info.padInfo.left],
  ];
}

/** Whether the window is one pixel that visits each pixel once: then a convolution is a plain product. */
export function isPointwise(window: Window): boolean {
  const [, depth, height, width, , kd, kh, kw, od, oh, ow, sd, sh, sw] = window;
  return kd! * kh! * kw! === 1 && sd! * sh! * sw! === 1 && od === depth && oh === height && ow === width;
}

/**
 * Calls a kernel on parts of the batch, as many as pay, or on `groups` of images, which threads share where that pays.
 * @param args the arguments for the window at `w` over the images from `image` on
 */
export function overImages(
  host: KernelHost,
  kernel: keyof Exports,
  window: Window,
  cost: number,
  args: (w: number, image: number, part: number) => readonly number[],
  groups?: number,
): void {
  host.share(kernel, cost, (most, compute) =>
    withWindows(host, window, groups ?? partsOf(window[0]!, 1, most), (windows) =>
      compute(windows.map(({ w, image }, part) => args(w, image, part))),
    ),
  );
}
