import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Fused, withFinish } from './finish.ts';
import { type KernelHost } from './host.ts';
import { type Window, window2d, windowBytes } from './window.ts';

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
  const window = window2d({ ...info, inChannels: info.outChannels });
  return { window, inShape, filterShape, outShape: info.outShape, filters: filterShape[3]! };
}

const size = (shape: readonly number[]): number => util.sizeFromShape(shape as number[]);

/** Calls `use` with the window and with room for `bytes`. */
function withWindow(host: KernelHost, window: Window, bytes: number, use: (w: number, room: number) => void): void {
  host.scratch(windowBytes + bytes, (w) => {
    host.writeInts(w, window);
    use(w, w + windowBytes);
  });
}

/** Calls `use` with where x lies, its channels repeated as often as they have filters. */
function repeated(host: KernelHost, x: TensorInfo, filters: number, use: (at: number) => void): void {
  if (filters === 1) return use(host.offset(x));
  host.scratch(4 * size(x.shape) * filters, (wide) => {
    host.wasm.repeat(host.offset(x), size(x.shape), filters, wide);
    use(wide);
  });
}

function forward(host: KernelHost, conv: Depthwise, x: TensorInfo, filter: TensorInfo, fused: Fused): TensorInfo {
  return withFinish(host, fused, conv.outShape, ({ bias, activation, slope, slopes, slopeStride }) =>
    host.make(conv.outShape, 'float32', (y) => {
      const [at, n] = [host.offset(y), conv.outShape[3]!];
      repeated(host, x, conv.filters, (from) =>
        withWindow(host, conv.window, 0, (w) => host.wasm.depthwise(from, w, host.offset(filter), at)),
      );
      if (bias || activation)
        host.wasm.epilogue(
          at,
          n,
          size(conv.outShape) / Math.max(n, 1),
          n,
          bias,
          activation,
          slope,
          slopes,
          slopeStride,
        );
    }),
  );
}

function filterGradient(host: KernelHost, conv: Depthwise, x: TensorInfo, dy: TensorInfo): TensorInfo {
  return host.make(conv.filterShape, 'float32', (dw) => {
    host.floats(dw).fill(0);
    repeated(host, x, conv.filters, (from) =>
      withWindow(host, conv.window, 4 * size(conv.filterShape), (w, part) =>
        host.wasm.depthwiseFilterGradient(from, w, host.offset(dw), host.offset(dy), part),
      ),
    );
  });
}

function inputGradient(host: KernelHost, conv: Depthwise, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  return host.make(conv.inShape, 'float32', (dx) => {
    const [count, at] = [size(conv.inShape), host.offset(dx)];
    const wide = conv.filters === 1 ? 0 : 4 * count * conv.filters;
    withWindow(host, conv.window, wide, (w, room) => {
      const to = wide ? room : at;
      host.fill(to, count * conv.filters, 0);
      host.wasm.depthwiseInputGradient(to, w, host.offset(filter), host.offset(dy));
      if (wide) host.wasm.sumGroups(room, count, conv.filters, at);
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
