import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { mixtures, type Resizing } from '../interpolation.ts';
import { asFloat } from './as-float.ts';
import { type KernelHost } from './host.ts';
import { split } from './split.ts';

const entryBytes = 12;

/** Calls `use` with the table of one axis, as `assembly/resize.ts` takes it, in scratch. */
function withTable(
  host: KernelHost,
  [method, from, to, how, inner]: readonly ['bilinear' | 'nearest', number, number, Resizing, number],
  use: (table: number) => void,
): void {
  host.scratch(Math.max(1, entryBytes * to), (at) => {
    const weights = new Float32Array(1);
    const bits = new Int32Array(weights.buffer);
    host.writeInts(
      at,
      mixtures(method, from, to, how).flatMap(({ first, second, weight }) => {
        weights[0] = weight;
        return [4 * first * inner, 4 * second * inner, bits[0]!];
      }),
    );
    use(at);
  });
}

/** ResizeBilinear, ResizeNearestNeighbor and their gradients: along the height, then along the width. */
export function resizeKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  /** Along axis 1 or 2 from x to out, or, adjoint, from what is as large as out to what is as large as x. */
  const along = (
    ...[kernel, axis, method, large, small, how, from, to]: [
      'interpolate' | 'interpolateAdjoint',
      1 | 2,
      'bilinear' | 'nearest',
      readonly number[],
      readonly number[],
      Resizing,
      number,
      number,
    ]
  ): void => {
    const outer = util.sizeFromShape(large.slice(0, axis));
    const inner = util.sizeFromShape(large.slice(axis + 1));
    const [n, m] = [large[axis]!, small[axis]!];
    const [read, written] = kernel === 'interpolate' ? [n, m] : [m, n];
    withTable(host, [method, n, m, how, inner], (table) =>
      split(host, kernel, { items: outer, cost: 3 * outer * Math.max(n, m) * inner }, (first, count) => [
        ...[from + 4 * first * read * inner, table, count, n, m, inner, to + 4 * first * written * inner],
      ]),
    );
  };
  const shapeOf = ([batch, , width, channels]: readonly number[], height: number): number[] => [
    ...[batch!, height, width!, channels!],
  ];
  const bytes = (shape: readonly number[]): number => Math.max(1, 4 * util.sizeFromShape(shape as number[]));

  const forward = (method: 'bilinear' | 'nearest', x: TensorInfo, how: Resizing): TensorInfo => {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const shape = [batch, ...how.size, channels];
    if (height * width === 0 && util.sizeFromShape(shape) > 0)
      throw new WasmError('BAD_SHAPE', `A picture of ${height} x ${width} pixels cannot be resized: it has none.`);
    return host.make(shape, x.dtype, (out) => {
      if (shape.includes(0)) return;
      const middle = shapeOf(x.shape, how.size[0]);
      host.scratch(bytes(middle), (at) => {
        along('interpolate', 1, method, x.shape, middle, how, host.offset(x), at);
        along('interpolate', 2, method, middle, shape, how, at, host.offset(out));
      });
    });
  };
  const backward = (method: 'bilinear' | 'nearest', images: TensorInfo, dy: TensorInfo, how: Resizing): TensorInfo =>
    host.make(images.shape, 'float32', (out) => {
      if (images.shape.includes(0)) return;
      const middle = shapeOf(images.shape, how.size[0]);
      host.scratch(bytes(middle), (at) => {
        along('interpolateAdjoint', 2, method, middle, dy.shape, how, host.offset(dy), at);
        along('interpolateAdjoint', 1, method, images.shape, middle, how, at, host.offset(out));
      });
    });

  const resizing = (attrs: unknown, size?: readonly number[]): Resizing => {
    const given = attrs as Partial<Resizing>;
    const { alignCorners = false, halfPixelCenters = false } = given;
    return { size: (size ?? given.size) as Resizing['size'], alignCorners, halfPixelCenters };
  };
  const gradient =
    (method: 'bilinear' | 'nearest'): KernelFunc =>
    ({ inputs, attrs }) => {
      const { images, dy } = inputs as unknown as Record<'images' | 'dy', TensorInfo>;
      return backward(method, images, dy, resizing(attrs, dy.shape.slice(1, 3)));
    };
  return {
    ResizeBilinear: ({ inputs, attrs }) => {
      const { images } = inputs as unknown as { images: TensorInfo };
      return asFloat(host, images, (x) => forward('bilinear', x, resizing(attrs)), 'float32');
    },
    ResizeNearestNeighbor: ({ inputs, attrs }) => {
      const { images } = inputs as unknown as { images: TensorInfo };
      const how = resizing(attrs);
      // The nearest pixel is copied, of whatever type of 4 bytes.
      return images.dtype === 'bool'
        ? asFloat(host, images, (x) => forward('nearest', x, how))
        : forward('nearest', images, how);
    },
    ResizeBilinearGrad: gradient('bilinear'),
    ResizeNearestNeighborGrad: gradient('nearest'),
  };
}
