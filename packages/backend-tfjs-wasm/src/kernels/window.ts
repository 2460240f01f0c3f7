import { type backend_util } from '@tensorflow/tfjs-core';

/** A sliding window as `assembly/window.ts` takes it: 20 numbers, 2-d operations with depth 1. */
export type Window = readonly number[];

/** Bytes of a window in memory. */
export const windowBytes: number = 80;

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
