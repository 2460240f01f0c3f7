import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { call } from './call.ts';
import { type Fused, withFinish } from './finish.ts';
import { fill } from './constant.ts';
import { type KernelHost } from './host.ts';
import { multiply, rowMajor, transposed } from './product.ts';
import { maxGroups, sumOfGroups } from './groups.ts';
import { multiplyAdd } from './sharing.ts';
import { partsOf } from './split.ts';
import {
  assertFits,
  assertGradient,
  bytesOfImage,
  isPointwise,
  type Window,
  window2d,
  window3d,
  withWindows,
} from './window.ts';

/** A convolution of one size of input, filter and output. */
export interface Convolution {
  readonly window: Window;
  readonly inShape: readonly number[];
  readonly filterShape: readonly number[];
  readonly outShape: readonly number[];
}

const channels = (shape: readonly number[]): number => shape[shape.length - 1]!;
const pixels = (shape: readonly number[]): number => util.sizeFromShape(shape.slice(0, -1));
const isEmpty = (c: Convolution): boolean =>
  [c.inShape, c.filterShape, c.outShape].some((shape) => util.sizeFromShape(shape as number[]) === 0);

/** y = activation(x * filter + bias). */
export function convolve(
  host: KernelHost,
  conv: Convolution,
  { x, filter, ...fused }: { readonly x: TensorInfo; readonly filter: TensorInfo } & Fused,
): TensorInfo {
  const { window, outShape } = conv;
  return withFinish(host, fused, outShape, (finish) =>
    host.make(outShape, 'float32', (y) => {
      const [from, by, to] = [host.offset(x), host.offset(filter), host.offset(y)];
      const [m, k, n] = [pixels(outShape), pixels(conv.filterShape), channels(outShape)];
      // Nothing under the window, as without input channels: what remains is a product of inner size 0.
      if (isPointwise(window) || isEmpty(conv)) {
        if (m * n > 0) multiply(host, [{ a: rowMajor(from, m, k), b: rowMajor(by, k, n), c: to, finish }]);
        return;
      }
      const { bias, activation, slope, slopes, slopeStride } = finish;
      const [imageIn, imageOut] = [bytesOfImage(conv.inShape), bytesOfImage(outShape)];
      blocksOfImages(host, 'convolution', conv, (w, image) => [
        ...[from + image * imageIn, w, by, to + image * imageOut, n, 0, bias, activation, slope],
        ...[slopes && slopes + (image * imageOut * slopeStride) / n, slopeStride],
      ]);
    }),
  );
}

/** The gradient in the filter. */
export function filterGradient(host: KernelHost, conv: Convolution, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const { window, filterShape, outShape } = conv;
  assertGradient('The gradient of a convolution in its filter', dy, outShape);
  return host.make(filterShape, 'float32', (dw) => {
    const [from, by, to] = [host.offset(x), host.offset(dy), host.offset(dw)];
    const [m, k, n] = [pixels(outShape), pixels(filterShape), channels(outShape)];
    if (isEmpty(conv)) fill(host, to, k * n, 0);
    else if (isPointwise(window))
      multiply(host, [{ a: transposed(rowMajor(from, m, k)), b: rowMajor(by, m, n), c: to }]);
    else {
      const [imageIn, imageOut] = [bytesOfImage(conv.inShape), bytesOfImage(outShape)];
      const groups = Math.max(1, Math.min(window[0]!, maxGroups, Math.floor(m / leastPositions)));
      sumOfGroups(host, groups, k * n, to, (partial) =>
        blocksOfImages(
          ...([host, 'convolutionFilterGradient', conv] as const),
          (w, image, group) => [from + image * imageIn, w, by + image * imageOut, partial(group), n, 0],
          groups,
        ),
      );
    }
  });
}

/** The gradient in the input. */
export function inputGradient(host: KernelHost, conv: Convolution, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const { window, inShape, filterShape, outShape } = conv;
  assertGradient('The gradient of a convolution in its input', dy, outShape);
  return host.make(inShape, 'float32', (dx) => {
    const [from, by, to] = [host.offset(dy), host.offset(filter), host.offset(dx)];
    const [m, k, n] = [pixels(outShape), pixels(filterShape), channels(outShape)];
    if (!isEmpty(conv) && isPointwise(window)) {
      multiply(host, [{ a: rowMajor(from, m, n), b: transposed(rowMajor(by, k, n)), c: to }]);
      return;
    }
    if (isEmpty(conv)) fill(host, to, util.sizeFromShape(inShape as number[]), 0);
    else {
      const [imageIn, imageOut] = [bytesOfImage(inShape), bytesOfImage(outShape)];
      blocksOfImages(host, 'convolutionInputGradient', conv, (w, image) => [
        ...[from + image * imageOut, w, by, to + image * imageIn, n, 0],
      ]);
    }
  });
}

/** Positions of the window that a group of images has at least, so that the sum over the groups costs little beside them. */
const leastPositions = 512;
const scratchArgument = 5;

/**
 * Calls a kernel on parts of the batch, as many as pay, or on `groups` of images.
 * @param args the arguments for the window at `w` over the images from `image` on
 */
function blocksOfImages(
  host: KernelHost,
  kernel: 'convolution' | 'convolutionFilterGradient' | 'convolutionInputGradient',
  { window, filterShape, outShape }: Convolution,
  args: (w: number, image: number, part: number) => readonly number[],
  groups?: number,
): void {
  const n = channels(outShape);
  host.share(kernel, pixels(outShape) * pixels(filterShape) * n * multiplyAdd, (most, compute) =>
    withWindows(host, window, groups ?? partsOf(window[0]!, 1, most), (windows) => {
      const size = Math.max(...windows.map(({ w }) => host.wasm.convolutionScratch(w, n)));
      host.scratch(host.threads() * size, (at) =>
        compute(
          windows.map(({ w, image }, part) => args(w, image, part)),
          { argument: scratchArgument, at, size },
        ),
      );
    }),
  );
}

interface Attributes extends Fused {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function convolution2d(inShape: readonly number[], filterShape: readonly number[], attrs: Attributes): Convolution {
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    ...([strides, dilations, pad, dimRoundingMode, false, 'channelsLast'] as const),
  );
  assertFits('Conv2D', info);
  return { ...info, window: window2d(info) };
}

interface Attributes3d {
  readonly strides: number | [number, number, number];
  readonly dilations?: number | [number, number, number];
  readonly pad: 'valid' | 'same';
}

function convolution3d(inShape: readonly number[], filterShape: readonly number[], attrs: Attributes3d): Convolution {
  const { strides, dilations = 1, pad } = attrs;
  type Shape5 = [number, number, number, number, number];
  const info = backend_util.computeConv3DInfo(inShape as Shape5, filterShape as Shape5, strides, dilations, pad);
  assertFits('Conv3D', info);
  return { ...info, window: window3d(info) };
}

type Inputs = Readonly<Record<'x' | 'dy' | 'filter', TensorInfo>> & Pick<Fused, 'bias' | 'preluActivationWeights'>;

/** Conv2D, Conv3D, FusedConv2D and their gradients. */
export function convolutionKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const kernel =
    <A>(run: (inputs: Inputs, attrs: A) => TensorInfo): KernelFunc =>
    ({ inputs, attrs }) =>
      run(inputs as unknown as Inputs, attrs as unknown as A);
  /** A kernel that convolves NHWC, for tensors that have the channels in front as well. */
  const kernel2d = <A extends Attributes>(run: (inputs: Inputs, attrs: A) => TensorInfo): KernelFunc =>
    kernel<A>((inputs, attrs) =>
      attrs.dataFormat === 'NCHW' ? channelsFirst(host, inputs, attrs, run) : run(inputs, attrs),
    );
  const forward2d = kernel2d<Attributes>((inputs, attrs) =>
    convolve(host, convolution2d(inputs.x.shape, inputs.filter.shape, attrs), { ...attrs, ...inputs }),
  );
  return {
    Conv2D: forward2d,
    FusedConv2D: forward2d,
    Conv2DBackpropFilter: kernel2d<Attributes & { filterShape: number[] }>(({ x, dy }, attrs) =>
      filterGradient(host, convolution2d(x.shape, attrs.filterShape, attrs), x, dy),
    ),
    Conv2DBackpropInput: kernel2d<Attributes & { inputShape: number[] }>(({ dy, filter }, attrs) => {
      const conv = convolution2d(attrs.inputShape, filter.shape, attrs);
      if (util.arraysEqual(dy.shape, conv.outShape as number[])) return inputGradient(host, conv, dy, filter);
      // A transposed convolution may ask for less than dy can give: tfjs takes the first rows and columns.
      const part = call(host, 'Slice', { x: dy }, { begin: [0, 0, 0, 0], size: conv.outShape });
      try {
        return inputGradient(host, conv, part, filter);
      } finally {
        host.free(part);
      }
    }),
    Conv3D: kernel<Attributes3d>(({ x, filter }, attrs) =>
      convolve(host, convolution3d(x.shape, filter.shape, attrs), { x, filter }),
    ),
    Conv3DBackpropFilterV2: kernel<Attributes3d & { filterShape: number[] }>(({ x, dy }, attrs) =>
      filterGradient(host, convolution3d(x.shape, attrs.filterShape, attrs), x, dy),
    ),
    Conv3DBackpropInputV2: kernel<Attributes3d & { inputShape: number[] }>(({ dy, filter }, attrs) =>
      inputGradient(host, convolution3d(attrs.inputShape, filter.shape, attrs), dy, filter),
    ),
  };
}

/** Transposes the images to NHWC, runs, and transposes an image back. */
function channelsFirst<A extends Attributes>(
  host: KernelHost,
  inputs: Inputs,
  attrs: A & { readonly inputShape?: readonly number[]; readonly filterShape?: readonly number[] },
  run: (inputs: Inputs, attrs: A) => TensorInfo,
): TensorInfo {
  const made: TensorInfo[] = [];
  const transpose = (x: TensorInfo, perm: number[]): TensorInfo => {
    made.push(call(host, 'Transpose', { x }, { perm }));
    return made[made.length - 1]!;
  };
  const toLast = ([n, c, h, w]: readonly number[]): number[] => [n!, h!, w!, c!];
  try {
    const last = Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => {
        if (x && (name === 'x' || name === 'dy')) return [name, transpose(x, [0, 2, 3, 1])];
        return [name, x && name === 'preluActivationWeights' && x.shape.length === 3 ? transpose(x, [1, 2, 0]) : x];
      }),
    ) as Inputs;
    const { inputShape } = attrs;
    const pad = Array.isArray(attrs.pad) ? (toLast(attrs.pad as never) as never) : attrs.pad;
    const out = run(last, {
      ...attrs,
      pad,
      dataFormat: 'NHWC',
      ...(inputShape ? { inputShape: toLast(inputShape) } : {}),
    });
    if (attrs.filterShape) return out;
    made.push(out);
    return call(host, 'Transpose', { x: out }, { perm: [0, 3, 1, 2] });
  } finally {
    made.forEach((tensor) => host.free(tensor));
  }
}
