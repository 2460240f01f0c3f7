import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { type KernelHost } from './host.ts';
import { type Window, window2d, window3d, windowBytes } from './window.ts';

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
    return { window: window2d(info), outShape: info.outShape };
  }
  type Triple = [number, number, number];
  const info = backend_util.computePool3DInfo(
    ...([shape as [number, number, number, number, number], filterSize as Triple, strides as Triple, 1] as const),
    ...([pad as 'valid', dimRoundingMode, dataFormat] as const),
  );
  return { window: window3d(info), outShape: info.outShape };
}

function dilation(x: TensorInfo, filter: TensorInfo, { strides, pad, dilations }: DilationAttributes): Pool {
  const info = backend_util.computeDilation2DInfo(
    ...([x.shape as [number, number, number, number], filter.shape as [number, number, number]] as const),
    ...([strides, pad, 'NHWC', dilations] as const),
  );
  return { window: window2d(info), outShape: info.outShape };
}

interface DilationAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations: number | [number, number];
}

type Inputs = Readonly<Record<'x' | 'input' | 'dy' | 'filter', TensorInfo>>;

/** Max and mean pooling in 2 and 3 dimensions, grey dilation, and their gradients. */
export function poolingKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const { wasm, offset } = host;
  /** `write` on a new tensor, with the window in memory. */
  const make = (
    shape: readonly number[],
    { window }: Pool,
    write: (w: number, out: number) => void,
    dtype: 'float32' | 'int32' = 'float32',
  ): TensorInfo =>
    host.make(shape, dtype, (out) =>
      host.scratch(windowBytes, (w) => {
        host.writeInts(w, window);
        write(w, offset(out));
      }),
    );
  /** The same on a tensor of zeros. */
  const accumulate = (shape: readonly number[], p: Pool, write: (w: number, out: number) => void): TensorInfo =>
    make(shape, p, (w, out) => {
      host.fill(out, util.sizeFromShape(shape as number[]), 0);
      write(w, out);
    });
  const kernel =
    <A>(run: (inputs: Inputs, attrs: A) => TensorInfo | TensorInfo[]): KernelFunc =>
    ({ inputs, attrs }) =>
      run(inputs as unknown as Inputs, attrs as unknown as A);

  /** A window of one pixel over as many positions as pixels changes nothing; tfjs says so for any padding. */
  const isIdentity = (x: TensorInfo, { window, outShape }: Pool): boolean =>
    window.slice(5, 8).every((size) => size === 1) && util.arraysEqual(x.shape, outShape as number[]);

  const max = (x: TensorInfo, p: Pool): TensorInfo =>
    isIdentity(x, p)
      ? host.alias(x, x.shape)
      : asFloat(host, x, (x) => make(p.outShape, p, (w, y) => wasm.maxPool(offset(x), w, 0, y)));
  const maxPool = kernel<Attributes>(({ x }, attrs) => max(x, pool(x, attrs)));
  const maxPoolGradient = kernel<Attributes>(({ input, dy }, attrs) =>
    accumulate(input.shape, pool(input, attrs), (w, dx) =>
      wasm.maxPoolInputGradient(offset(input), w, 0, offset(dy), dx),
    ),
  );
  const meanPool = kernel<Attributes>(({ x }, attrs) => {
    const p = pool(x, attrs);
    if (isIdentity(x, p)) return host.alias(x, x.shape);
    return asFloat(host, x, (x) => make(p.outShape, p, (w, y) => wasm.meanPool(offset(x), w, y)));
  });
  const meanPoolGradient = kernel<Attributes>(({ input, dy }, attrs) =>
    accumulate(input.shape, pool(input, attrs), (w, dx) => wasm.meanPoolGradient(dx, w, offset(dy))),
  );
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
          make(p.outShape, p, (w, y) => wasm.argmaxPool(offset(x), w, y, attrs.includeBatchInIndex ? 1 : 0), 'int32'),
        'int32',
      );
      return [max(x, p), where];
    }),
    AvgPool: meanPool,
    AvgPool3D: meanPool,
    AvgPoolGrad: meanPoolGradient,
    AvgPool3DGrad: meanPoolGradient,
    Dilation2D: kernel<DilationAttributes>(({ x, filter }, attrs) => {
      const p = dilation(x, filter, attrs);
      return make(p.outShape, p, (w, y) => wasm.maxPool(offset(x), w, offset(filter), y));
    }),
    Dilation2DBackpropInput: kernel<DilationAttributes>(({ x, filter, dy }, attrs) =>
      accumulate(x.shape, dilation(x, filter, attrs), (w, dx) =>
        wasm.maxPoolInputGradient(offset(x), w, offset(filter), offset(dy), dx),
      ),
    ),
    Dilation2DBackpropFilter: kernel<DilationAttributes>(({ x, filter, dy }, attrs) =>
      accumulate(filter.shape, dilation(x, filter, attrs), (w, df) =>
        wasm.maxPoolFilterGradient(offset(x), w, offset(filter), offset(dy), df),
      ),
    ),
  };
}
