import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { type Exports } from './exports.ts';
import { fill } from './constant.ts';
import { type KernelHost } from './host.ts';
import {
  assertFits,
  assertGradient,
  bytesOfImage,
  overImages,
  type Window,
  window2d,
  window3d,
  withWindows,
} from './window.ts';

interface Pool {
  readonly window: Window;
  readonly outShape: readonly number[];
}

interface Attributes {
  readonly filterSize: number | [number, number] | [number, number, number];
  readonly strides: number | [number, number] | [number, number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NDHWC' | 'NCDHW';
}

function pool({ shape }: TensorInfo, { filterSize, strides, pad, dimRoundingMode, dataFormat }: Attributes): Pool {
  if (shape.length === 4) {
    type Pair = [number, number];
    const info = backend_util.computePool2DInfo(
      ...([shape as [number, number, number, number], filterSize as Pair, strides as Pair, 1, pad] as const),
      dimRoundingMode,
    );
    assertFits('Pooling', info);
    return { window: window2d(info), outShape: info.outShape };
  }
  type Triple = [number, number, number];
  const info = backend_util.computePool3DInfo(
    ...([shape as [number, number, number, number, number], filterSize as Triple, strides as Triple, 1] as const),
    ...([pad as 'valid', dimRoundingMode, dataFormat] as const),
  );
  assertFits('Pooling', info);
  return { window: window3d(info), outShape: info.outShape };
}

function dilation(x: TensorInfo, filter: TensorInfo, { strides, pad, dilations }: DilationAttributes): Pool {
  const info = backend_util.computeDilation2DInfo(
    ...([x.shape as [number, number, number, number], filter.shape as [number, number, number]] as const),
    ...([strides, pad, 'NHWC', dilations] as const),
  );
  assertFits('Dilation2D', info);
  return { window: window2d(info), outShape: info.outShape };
}

interface DilationAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations: number | [number, number];
}

type Inputs = Readonly<Record<'x' | 'input' | 'dy' | 'filter' | 'other', TensorInfo>>;

/** Max and mean pooling in 2 and 3 dimensions, grey dilation, and their gradients. */
export function poolingKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const { offset } = host;
  const taps = (window: Window): number => window[5]! * window[6]! * window[7]!;
  /** A new tensor, written by a kernel that gets the window, and where the images of the input and of the result lie. */
  const make = (
    kernel: keyof Exports,
    input: readonly number[],
    { window, outShape }: Pool,
    into: 'input' | 'output',
    args: (w: number, inputAt: number, outputAt: number, result: number) => readonly number[],
    dtype: 'float32' | 'int32' = 'float32',
  ): TensorInfo =>
    host.make(into === 'input' ? input : outShape, dtype, (result) => {
      const [imageIn, imageOut] = [bytesOfImage(input), bytesOfImage(outShape)];
      const cost = 2 * util.sizeFromShape(outShape as number[]) * taps(window);
      overImages(host, kernel, window, cost, (w, image) => {
        const at = offset(result) + image * (into === 'input' ? imageIn : imageOut);
        return args(w, image * imageIn, image * imageOut, at);
      });
    });
  /** A new tensor, written by a kernel that needs the whole batch. */
  const whole = (
    shape: readonly number[],
    { window }: Pool,
    dtype: 'float32' | 'int32',
    write: (w: number, out: number) => void,
  ): TensorInfo =>
    host.make(shape, dtype, (out) => withWindows(host, window, 1, ([only]) => write(only!.w, offset(out))));
  const kernel =
    <A>(run: (inputs: Inputs, attrs: A) => TensorInfo | TensorInfo[]): KernelFunc =>
    ({ inputs, attrs }) =>
      run(inputs as unknown as Inputs, attrs as unknown as A);

  /** A window of one pixel over as many positions as pixels changes nothing; tfjs says so for any padding. */
  const isIdentity = (x: TensorInfo, { window, outShape }: Pool): boolean =>
    window.slice(5, 8).every((size) => size === 1) && util.arraysEqual(x.shape, outShape as number[]);

  const maximum = (x: TensorInfo, p: Pool, filter: number): TensorInfo =>
    make('maxPool', x.shape, p, 'output', (w, from, _, y) => [offset(x) + from, w, filter, y]);
  const maximumGradient = (x: TensorInfo, p: Pool, filter: number, dy: TensorInfo): TensorInfo => {
    assertGradient('The gradient of max pooling', dy, p.outShape);
    return make('maxPoolInputGradient', x.shape, p, 'input', (w, from, by, dx) => [
      ...[offset(x) + from, w, filter, offset(dy) + by, dx],
    ]);
  };
  const max = (x: TensorInfo, p: Pool): TensorInfo =>
    isIdentity(x, p) ? host.alias(x, x.shape) : asFloat(host, x, (x) => maximum(x, p, 0));
  const maxPool = kernel<Attributes>(({ x }, attrs) => max(x, pool(x, attrs)));
  const maxPoolGradient = kernel<Attributes>(({ input, dy }, attrs) =>
    maximumGradient(input, pool(input, attrs), 0, dy),
  );
  const meanPool = kernel<Attributes>(({ x }, attrs) => {
    const p = pool(x, attrs);
    if (isIdentity(x, p)) return host.alias(x, x.shape);
    return asFloat(host, x, (x) => make('meanPool', x.shape, p, 'output', (w, from, _, y) => [offset(x) + from, w, y]));
  });
  const meanPoolGradient = kernel<Attributes>(({ input, dy }, attrs) => {
    const p = pool(input, attrs);
    assertGradient('The gradient of average pooling', dy, p.outShape);
    return make('meanPoolGradient', input.shape, p, 'input', (w, _, by, dx) => [dx, w, offset(dy) + by]);
  });
  return {
    MaxPool: maxPool,
    MaxPool3D: maxPool,
    MaxPoolGrad: maxPoolGradient,
    MaxPool3DGrad: maxPoolGradient,
    MaxPoolWithArgmax: kernel<Attributes & { includeBatchInIndex: boolean }>(({ x }, attrs) => {
      util.assert(
        x.shape.length === 4,
        () => `maxPoolWithArgmax of rank ${x.shape.length}: it takes [batch, height, width, channels].`,
      );
      const p = pool(x, attrs);
      const where = asFloat(
        host,
        x,
        (x) =>
          whole(p.outShape, p, 'int32', (w, y) =>
            host.run('argmaxPool', [offset(x), w, y, attrs.includeBatchInIndex ? 1 : 0]),
          ),
        'int32',
      );
      return [max(x, p), where];
    }),
    /** Of `other` what lies where x is the greatest under the window: the adjoint of the gradient of max pooling. */
    OverparamMaxPoolPick: kernel<Attributes>(({ x, other }, attrs) =>
      make('maxPoolPick', x.shape, pool(x, attrs), 'output', (w, from, _, y) => [
        ...[offset(x) + from, w, offset(other) + from, y],
      ]),
    ),
    AvgPool: meanPool,
    AvgPool3D: meanPool,
    AvgPoolGrad: meanPoolGradient,
    AvgPool3DGrad: meanPoolGradient,
    Dilation2D: kernel<DilationAttributes>(({ x, filter }, attrs) =>
      asFloat(host, x, (floats) =>
        asFloat(host, filter, (by) => maximum(floats, dilation(x, filter, attrs), offset(by)), 'float32'),
      ),
    ),
    Dilation2DBackpropInput: kernel<DilationAttributes>(({ x, filter, dy }, attrs) =>
      maximumGradient(x, dilation(x, filter, attrs), offset(filter), dy),
    ),
    Dilation2DBackpropFilter: kernel<DilationAttributes>(({ x, filter, dy }, attrs) => {
      const p = dilation(x, filter, attrs);
      assertGradient('The gradient of Dilation2D', dy, p.outShape);
      return whole(filter.shape, p, 'float32', (w, df) => {
        fill(host, df, util.sizeFromShape(filter.shape), 0);
        host.run('maxPoolFilterGradient', [offset(x), w, offset(filter), offset(dy), df]);
      });
    }),
  };
}
