import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Fused, withFinish } from './finish.ts';
import { maxGroups, sumOfGroups } from './groups.ts';
import { type KernelHost } from './host.ts';
import { split } from './split.ts';
import { assertFits, assertGradient, bytesOfImage, overImages, type Window, window2d } from './window.ts';

interface Attributes extends Fused {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number] | null;
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Depthwise {
  /** Over the channels of the output: with several filters a channel, the input's channels are repeated. */
  readonly window: Window;
  readonly inShape: readonly number[];
  readonly filterShape: readonly number[];
  readonly outShape: readonly number[];
  /** Filters a channel. */
  readonly filters: number;
}

function depthwise2d(inShape: readonly number[], filterShape: readonly number[], attrs: Attributes): Depthwise {
  const { strides, dilations, pad, dataFormat = 'NHWC', dimRoundingMode } = attrs;
  util.assert(
    dataFormat === 'NHWC',
    () => `The wasm backend convolves NHWC, not ${dataFormat}: transpose to [batch, height, width, channels].`,
  );
  const info = backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    ...([strides, dilations ?? 1, pad, dimRoundingMode, true, 'channelsLast'] as const),
  );
  assertFits('DepthwiseConv2dNative', info);
  const window = window2d({ ...info, inChannels: info.outChannels });
  return { window, inShape, filterShape, outShape: info.outShape, filters: filterShape[3]! };
}

const size = (shape: readonly number[]): number => util.sizeFromShape(shape as number[]);

/** Calls `use` with where x lies, its channels repeated as often as they have filters. */
function repeated(host: KernelHost, x: TensorInfo, filters: number, use: (at: number) => void): void {
  if (filters === 1) return use(host.offset(x));
  const items = size(x.shape);
  host.scratch(4 * items * filters, (wide) => {
    split(host, 'repeat', { items, grain: 16, cost: items * filters }, (first, count) => [
      ...[host.offset(x) + 4 * first, count, filters, wide + 4 * first * filters],
    ]);
    use(wide);
  });
}

/** Numbers that the three go through: each tap loads two and stores one. */
const cost = ({ outShape, filterShape }: Depthwise): number => size(outShape) * filterShape[0]! * filterShape[1]!;

/** Bytes of one image, its channels repeated. */
const bytesOfWide = ({ inShape, filters }: Depthwise): number => bytesOfImage(inShape) * filters;

function forward(host: KernelHost, conv: Depthwise, x: TensorInfo, filter: TensorInfo, fused: Fused): TensorInfo {
  return withFinish(host, fused, conv.outShape, ({ bias, activation, slope, slopes, slopeStride }) =>
    host.make(conv.outShape, 'float32', (y) => {
      const [at, by, n] = [host.offset(y), host.offset(filter), conv.outShape[3]!];
      repeated(host, x, conv.filters, (from) =>
        overImages(host, 'depthwise', conv.window, cost(conv), (w, image) => [
          ...[from + image * bytesOfWide(conv), w, by, at + image * bytesOfImage(conv.outShape)],
        ]),
      );
      if (bias || activation) {
        const items = size(conv.outShape) / Math.max(n, 1);
        split(host, 'epilogue', { items, cost: 2 * items * n }, (row, rows) => [
          ...[at + 4 * row * n, n, rows, n, bias, activation, slope],
          ...[slopes && slopes + 4 * row * slopeStride, slopeStride],
        ]);
      }
    }),
  );
}

function filterGradient(host: KernelHost, conv: Depthwise, x: TensorInfo, dy: TensorInfo): TensorInfo {
  assertGradient('The gradient of a depthwise convolution in its filter', dy, conv.outShape);
  return host.make(conv.filterShape, 'float32', (dw) => {
    const [to, by, count] = [host.offset(dw), host.offset(dy), size(conv.filterShape)];
    const groups = Math.max(1, Math.min(maxGroups, conv.window[0]!));
    repeated(host, x, conv.filters, (from) =>
      host.scratch(4 * count * groups, (parts) =>
        sumOfGroups(host, groups, count, to, (partial) =>
          overImages(
            ...([host, 'depthwiseFilterGradient', conv.window, cost(conv)] as const),
            (w, image, group) => [
              ...[from + image * bytesOfWide(conv), w, partial(group), by + image * bytesOfImage(conv.outShape)],
              parts + 4 * count * group,
            ],
            groups,
          ),
        ),
      ),
    );
  });
}

function inputGradient(host: KernelHost, conv: Depthwise, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const { window, inShape, outShape, filters } = conv;
  assertGradient('The gradient of a depthwise convolution in its input', dy, outShape);
  return host.make(inShape, 'float32', (dx) => {
    const [at, by, from, items] = [host.offset(dx), host.offset(filter), host.offset(dy), size(inShape)];
    const gradient = (to: number): void =>
      overImages(host, 'depthwiseInputGradient', window, cost(conv), (w, image) => [
        ...[to + image * bytesOfWide(conv), w, by, from + image * bytesOfImage(outShape)],
      ]);
    if (filters === 1) return gradient(at);
    host.scratch(4 * items * filters, (wide) => {
      gradient(wide);
      split(host, 'sumGroups', { items, grain: 16, cost: items * filters }, (first, count) => [
        ...[wide + 4 * first * filters, count, filters, at + 4 * first],
      ]);
    });
  });
}

type Inputs = Readonly<Record<'x' | 'dy' | 'filter', TensorInfo>> & Pick<Fused, 'bias' | 'preluActivationWeights'>;

/** DepthwiseConv2dNative, its fused form and its gradients. */
export function depthwiseKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const kernel =
    <A>(run: (inputs: Inputs, attrs: A) => TensorInfo): KernelFunc =>
    ({ inputs, attrs }) =>
      run(inputs as unknown as Inputs, attrs as unknown as A);
  const forwardKernel = kernel<Attributes>(({ x, filter, ...rest }, attrs) =>
    forward(host, depthwise2d(x.shape, filter.shape, attrs), x, filter, { ...attrs, ...rest }),
  );
  return {
    DepthwiseConv2dNative: forwardKernel,
    FusedDepthwiseConv2D: forwardKernel,
    DepthwiseConv2dNativeBackpropFilter: kernel<Attributes & { filterShape: number[] }>(({ x, dy }, attrs) =>
      filterGradient(host, depthwise2d(x.shape, attrs.filterShape, attrs), x, dy),
    ),
    DepthwiseConv2dNativeBackpropInput: kernel<Attributes & { inputShape: number[] }>(({ dy, filter }, attrs) =>
      inputGradient(host, depthwise2d(attrs.inputShape, filter.shape, attrs), dy, filter),
    ),
  };
}
