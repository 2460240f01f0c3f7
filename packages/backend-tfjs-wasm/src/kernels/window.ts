import { type backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type Exports } from './exports.ts';
import { type KernelHost } from './host.ts';
import { partsOf, ranges } from './split.ts';

/** A sliding window as `assembly/window.ts` takes it: 20 numbers, 2-d operations with depth 1. */
export type Window = readonly number[];

/** Bytes of a window in memory. */
const windowBytes = 80;

/** Bytes of one image of a batch. */
export const bytesOfImage = (shape: readonly number[]): number => 4 * util.sizeFromShape(shape.slice(1));

/** Calls `use` with the window over each of the given number of parts of the batch: its place in memory, and its first image. */
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

/** What `assertFits` needs to know of tfjs's description of a convolution or pooling; the sizes in depth are those of volumes. */
interface Sliding {
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  readonly padInfo: { readonly type: string } & Readonly<Partial<Record<Side, number>>>;
  readonly inDepth?: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly effectiveFilterDepth?: number;
  readonly effectiveFilterHeight: number;
  readonly effectiveFilterWidth: number;
}
type Side = 'front' | 'back' | 'top' | 'bottom' | 'left' | 'right';

/** @throws BAD_SHAPE where the window is larger than the padded image: there is no place to put it */
export function assertFits(kernelName: string, info: Sliding): void {
  const { inDepth, inHeight, inWidth, padInfo } = info;
  const padded = [
    ...(inDepth === undefined ? [] : [inDepth + (padInfo.front ?? 0) + (padInfo.back ?? 0)]),
    ...[inHeight + (padInfo.top ?? 0) + (padInfo.bottom ?? 0), inWidth + (padInfo.left ?? 0) + (padInfo.right ?? 0)],
  ];
  const window = [
    ...(inDepth === undefined ? [] : [info.effectiveFilterDepth!]),
    ...[info.effectiveFilterHeight, info.effectiveFilterWidth],
  ];
  const whole = info.outShape.every((side) => Number.isInteger(side) && side >= 0);
  // tfjs pools volumes that are too small to none. Padding of type SAME is as large as the window needs.
  if (whole && kernelName === 'Pooling' && inDepth !== undefined) return;
  if (whole && (padInfo.type === 'SAME' || window.every((size, d) => size <= padded[d]!))) return;
  throw new WasmError(
    'BAD_SHAPE',
    `${kernelName}: a window of ${window.join(' x ')} (with dilation) does not fit into an image of ${padded.join(' x ')} ` +
      `(with padding), the input being of shape [${info.inShape.join(', ')}]: use a smaller window, larger images, or pad: 'same'.`,
  );
}

/** @throws BAD_SHAPE where the gradient in the output does not have the output's shape */
export function assertGradient(kernelName: string, dy: TensorInfo, outShape: readonly number[]): void {
  if (!util.arraysEqual(dy.shape, outShape as number[]))
    throw new WasmError(
      'BAD_SHAPE',
      `${kernelName}: dy has shape [${dy.shape.join(', ')}], but the output has [${outShape.join(', ')}].`,
    );
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
