import { backend_util, type KernelFunc, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { call } from './call.ts';
import { fill } from './constant.ts';
import { type KernelHost } from './host.ts';
import { type Loop, strides, stridedCopy } from './strided-copy.ts';
import { inJavaScript, valuesOf } from './values.ts';

/** Writes one number everywhere. */
export function fillWith(host: KernelHost, out: TensorInfo, value: number): void {
  if (out.dtype === 'bool') valuesOf(host, out).fill(value === 0 ? 0 : 1);
  else fill(host, host.offset(out), util.sizeFromShape(out.shape), value, out.dtype as 'float32' | 'int32');
}

/**
 * Kernels that move numbers into larger or smaller tensors: PadV2, MirrorPad, StridedSlice, SpaceToBatchND, BatchToSpaceND,
 * DepthToSpace, Diag and FlipLeftRight, for all numeric types.
 */
export function rearrangementKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  /** Bools are filled in JavaScript. */
  const filling = (name: string, kernel: KernelFunc): KernelFunc => {
    const other = inJavaScript(host, name, kernel);
    return (args) => ((args.inputs as unknown as { x: TensorInfo }).x.dtype === 'bool' ? other : kernel)(args);
  };
  const kernel =
    <A>(run: (x: TensorInfo, attrs: A) => TensorInfo): KernelFunc =>
    ({ inputs, attrs }) =>
      run((inputs as unknown as { x: TensorInfo }).x, attrs as unknown as A);

  /** Runs kernels one after another, each on the result of the one before, and frees what lies between. */
  const chain = (x: TensorInfo, ...steps: readonly (readonly [kernelName: string, attrs: object])[]): TensorInfo =>
    steps.reduce((current, [kernelName, attrs]) => {
      try {
        return call(host, kernelName, { x: current }, attrs);
      } finally {
        if (current !== x) host.free(current);
      }
    }, x);

  const contiguous = (x: TensorInfo, shape: readonly number[]): readonly Loop[] => {
    const [from, to] = [strides(x.shape), strides(shape)];
    return x.shape.map((size, axis) => ({ size, from: from[axis]!, to: to[axis]! }));
  };
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, n, i) => sum + n * b[i]!, 0);

  return {
    PadV2: filling(
      'PadV2',
      kernel<{ paddings: [number, number][]; constantValue?: number }>((x, { paddings, constantValue = 0 }) => {
        const shape = x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
        assertPaddings('PadV2', x, paddings);
        return host.make(shape, x.dtype, (out) => {
          fillWith(host, out, constantValue);
          const target = dot(
            paddings.map(([before]) => before),
            strides(shape),
          );
          if (!x.shape.includes(0)) stridedCopy(host, x, out, contiguous(x, shape), { target });
        });
      }),
    ),

    MirrorPad: kernel<{ paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>((x, { paddings, mode }) => {
      const skip = mode === 'reflect' ? 1 : 0;
      assertPaddings('MirrorPad', x, paddings, (size) => size - skip);
      const shape = x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
      const [from, to] = [strides(x.shape), strides(shape)];
      return host.make(shape, x.dtype, (out) => {
        if (shape.includes(0)) return;
        /** Mirrored before, as it is, and mirrored behind: each combination of the three along every axis is a copy. */
        const place = (axis: number, loops: readonly Loop[], start: number, target: number): void => {
          if (axis === shape.length) return stridedCopy(host, x, out, loops, { start, target });
          const [size, [before, behind]] = [x.shape[axis]!, paddings[axis]!];
          const [step, put] = [from[axis]!, to[axis]!];
          const parts = [
            { count: before, first: skip + before - 1, by: -step, at: 0 },
            { count: size, first: 0, by: step, at: before },
            { count: behind, first: size - 1 - skip, by: -step, at: before + size },
          ];
          for (const { count, first, by, at } of parts)
            if (count > 0)
              place(axis + 1, [...loops, { size: count, from: by, to: put }], start + first * step, target + at * put);
        };
        place(0, [], 0, 0);
      });
    }),

    StridedSlice: kernel<
      Readonly<Record<'begin' | 'end' | 'strides', number[]>> &
        Readonly<Record<`${'begin' | 'end' | 'ellipsis' | 'newAxis' | 'shrinkAxis'}Mask`, number>>
    >((x, a) => {
      const info = slice_util.sliceInfo(
        ...([x.shape, a.begin, a.end, a.strides, a.beginMask, a.endMask] as const),
        ...([a.ellipsisMask, a.newAxisMask, a.shrinkAxisMask] as const),
      );
      const counts = slice_util.computeOutShape(info.begin, info.end, info.strides);
      const shape = info.finalShape;
      if (util.sizeFromShape(shape) === 0) return host.make(shape, x.dtype, () => {});
      const [from, to] = [strides(x.shape), strides(counts)];
      return host.make(shape, x.dtype, (out) =>
        stridedCopy(
          ...([host, x, out] as const),
          counts.map((size, axis) => ({ size, from: from[axis]! * info.strides[axis]!, to: to[axis]! })),
          { start: dot(info.begin, from) },
        ),
      );
    }),

    SpaceToBatchND: kernel<{ blockShape: number[]; paddings: [number, number][] }>((x, { blockShape, paddings }) => {
      const block = util.sizeFromShape(blockShape);
      const whole: [number, number][] = x.shape.map((_, axis) => paddings[axis - 1] ?? [0, 0]);
      const padded = x.shape.map((size, axis) => size + whole[axis]![0] + whole[axis]![1]);
      return chain(
        ...([x, ['PadV2', { paddings: whole, constantValue: 0 }]] as const),
        ['Reshape', { shape: backend_util.getReshaped(padded, blockShape, block, false) }],
        ['Transpose', { perm: backend_util.getPermuted(x.shape.length + blockShape.length, blockShape.length, false) }],
        ['Reshape', { shape: backend_util.getReshapedPermuted(padded, blockShape, block, false) }],
      );
    }),

    BatchToSpaceND: kernel<{ blockShape: number[]; crops: number[][] }>((x, { blockShape, crops }) => {
      const block = util.sizeFromShape(blockShape);
      const reshaped = backend_util.getReshaped(x.shape, blockShape, block);
      const merged = backend_util.getReshapedPermuted(x.shape, blockShape, block);
      const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
      const size = backend_util.getSliceSize(merged, crops, blockShape.length);
      return chain(
        ...([x, ['Reshape', { shape: reshaped }]] as const),
        ['Transpose', { perm: backend_util.getPermuted(reshaped.length, blockShape.length) }],
        ['Reshape', { shape: merged }],
        ['Slice', { begin, size }],
      );
    }),

    DepthToSpace: kernel<{ blockSize: number; dataFormat: 'NHWC' | 'NCHW' }>((x, { blockSize: s, dataFormat }) => {
      const first = dataFormat === 'NCHW';
      const [b, c] = [x.shape[0]!, x.shape[first ? 1 : 3]!];
      const [h, w] = x.shape.slice(first ? 2 : 1) as [number, number];
      const depth = c / (s * s);
      return chain(
        ...([x, ['Reshape', { shape: first ? [b, s, s, depth, h, w] : [b, h, w, s, s, depth] }]] as const),
        ['Transpose', { perm: first ? [0, 3, 4, 1, 5, 2] : [0, 1, 3, 2, 4, 5] }],
        ['Reshape', { shape: first ? [b, depth, h * s, w * s] : [b, h * s, w * s, depth] }],
      );
    }),

    Diag: filling(
      'Diag',
      kernel((x) => {
        const size = util.sizeFromShape(x.shape);
        return host.make([...x.shape, ...x.shape], x.dtype, (out) => {
          fillWith(host, out, 0);
          if (size > 0) stridedCopy(host, x, out, [{ size, from: 1, to: size + 1 }]);
        });
      }),
    ),

    FlipLeftRight: ({ inputs }) => {
      const { image } = inputs as unknown as { image: TensorInfo };
      return call(host, 'Reverse', { x: image }, { dims: [2] });
    },
  };
}

function assertPaddings(
  name: string,
  x: TensorInfo,
  paddings: readonly (readonly [number, number])[],
  most: (size: number) => number = () => Infinity,
): void {
  const fits = x.shape.every((size, axis) =>
    paddings[axis]?.every((n) => Number.isInteger(n) && n >= 0 && n <= Math.max(0, most(size))),
  );
  if (!fits || paddings.length !== x.shape.length)
    throw new WasmError(
      'BAD_SHAPE',
      `${name} of shape [${x.shape.join(', ')}] by ${JSON.stringify(paddings)}: it takes two whole numbers for each axis, 0 or more` +
        `${most(1) === Infinity ? '' : ', and no more than there is to mirror'}.`,
    );
}
