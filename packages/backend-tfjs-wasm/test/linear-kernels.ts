// Every kernel that is linear (or affine) in an input and has a gradient, with arbitrary attributes.
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { randomTensor, uniform } from './backends.ts';

/** A map x -> f(x) - f(0) that is linear. */
export interface LinearMap {
  readonly shape: readonly number[];
  readonly f: (x: tf.Tensor) => tf.Tensor;
}

type Maps = fc.Arbitrary<LinearMap>;

const upTo = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max });
const shapeOf = (minLength: number, maxLength: number, max = 4, min = 1): fc.Arbitrary<number[]> =>
  fc.array(upTo(max, min), { minLength, maxLength });
const seeds = fc.integer({ min: 1, max: 1e6 });
const axisOf = (shape: readonly number[]): fc.Arbitrary<number> =>
  fc.integer({ min: -shape.length, max: shape.length - 1 });
const paddings = (shape: readonly number[], most: (size: number) => number): fc.Arbitrary<[number, number][]> =>
  fc.tuple(...shape.map((size) => fc.tuple(upTo(most(size), 0), upTo(most(size), 0)))) as never;
const ints = (seed: number, shape: readonly number[], low: number, high: number): tf.Tensor => {
  const next = uniform(seed);
  const values = Array.from({ length: tf.util.sizeFromShape([...shape]) }, () =>
    Math.min(high - 1, low + Math.floor(((next() + 1) / 2) * (high - low))),
  );
  return tf.tensor(values, [...shape], 'int32');
};
const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);

/** A shape, and an axis of it. */
const shapeAndAxis = (min = 1, max = 4): fc.Arbitrary<{ shape: number[]; axis: number }> =>
  shapeOf(min, max).chain((shape) => axisOf(shape).map((axis) => ({ shape, axis })));

/** The window of a convolution or pooling over some spatial axes, which fits. */
const window = (axes: number, { dilate = true }: { readonly dilate?: boolean } = {}) =>
  fc
    .record({
      ...{ batch: upTo(2), channels: upTo(3), filters: upTo(3), seed: seeds },
      size: fc.array(upTo(7), { minLength: axes, maxLength: axes }),
      kernel: fc.array(upTo(3), { minLength: axes, maxLength: axes }),
      stride: fc.array(upTo(2), { minLength: axes, maxLength: axes }),
      dilation: fc.array(upTo(dilate ? 2 : 1), { minLength: axes, maxLength: axes }),
      pad: fc.constantFrom('same' as const, 'valid' as const, 0, 1),
    })
    // tfjs takes strides or dilations.
    .map((w) => (w.stride.some((s) => s > 1) ? { ...w, dilation: w.dilation.map(() => 1) } : w))
    .filter(({ size, kernel, dilation, pad }) =>
      size.every((n, d) => pad === 'same' || (kernel[d]! - 1) * dilation[d]! + 1 <= n + 2 * (pad === 1 ? 1 : 0)),
    )
    .filter(({ kernel, pad }) => pad !== 1 || kernel.every((k) => k > 1));

type Shape4 = tf.Tensor4D;
type Pair = [number, number];
type Triple = [number, number, number];

const convolution = (which: 'x' | 'filter', kind: 'conv2d' | 'depthwise' | 'conv3d'): Maps =>
  window(kind === 'conv3d' ? 3 : 2)
    .filter(({ pad }) => kind !== 'conv3d' || typeof pad === 'string')
    .map(({ batch, channels, filters, seed, size, kernel, stride, dilation, pad }) => {
      const x = [batch, ...size, channels];
      const w = [...kernel, channels, filters];
      const y = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        kind === 'conv2d'
          ? tf.conv2d(x as Shape4, w as Shape4, stride as Pair, pad, 'NHWC', dilation as Pair)
          : kind === 'depthwise'
            ? tf.depthwiseConv2d(x as Shape4, w as Shape4, stride as Pair, pad, 'NHWC', dilation as Pair)
            : run('Conv3D', { x, filter: w }, { strides: stride, pad, dilations: dilation, dataFormat: 'NDHWC' });
      return which === 'x'
        ? { shape: x, f: (x) => y(x, randomTensor(seed, w)) }
        : { shape: w, f: (w) => y(randomTensor(seed, x), w) };
    });

const transposed = (which: 'dy' | 'filter'): Maps =>
  fc
    .record({
      ...{ batch: upTo(2), channels: upTo(2), filters: upTo(2), seed: seeds },
      ...{ h: upTo(4), w: upTo(4), k: upTo(3), stride: upTo(2), less: upTo(1, 0) },
      pad: fc.constantFrom('same' as const, 'valid' as const),
    })
    .map(({ batch, channels, filters, seed, h, w, k, stride, less, pad }) => {
      const length = (n: number): number =>
        pad === 'same' ? Math.max(1, n * stride - less) : Math.max(k, (n - 1) * stride + k - less);
      const dy = [batch, h, w, filters];
      const filter = [k, k, channels, filters];
      const y = (dy: tf.Tensor, w2: tf.Tensor): tf.Tensor =>
        tf.conv2dTranspose(dy as Shape4, w2 as Shape4, [batch, length(h), length(w), channels], stride, pad);
      return which === 'dy'
        ? { shape: dy, f: (x: tf.Tensor) => y(x, randomTensor(seed, filter)) }
        : { shape: filter, f: (x: tf.Tensor) => y(randomTensor(seed, dy), x) };
    });

const transposed3d: Maps = fc
  .record({ ...{ batch: upTo(2), channels: upTo(2), filters: upTo(2), seed: seeds }, ...{ n: upTo(3), k: upTo(2) } })
  .map(({ batch, channels, filters, seed, n, k }) => ({
    shape: [batch, n, n, n, filters],
    f: (x) =>
      tf.conv3dTranspose(
        x as tf.Tensor5D,
        randomTensor(seed, [k, k, k, channels, filters]) as tf.Tensor5D,
        [batch, n, n, n, channels],
        1,
        'same',
      ),
  }));

const averagePool = (axes: 2 | 3): Maps =>
  window(axes, { dilate: false })
    .filter(({ pad }) => axes === 2 || typeof pad === 'string')
    .map(({ batch, channels, size, kernel, stride, pad }) => ({
      shape: [batch, ...size, channels],
      f: (x) =>
        axes === 2
          ? tf.avgPool(x as Shape4, kernel as Pair, stride as Pair, pad, typeof pad === 'number' ? 'floor' : undefined)
          : tf.avgPool3d(x as tf.Tensor5D, kernel as Triple, stride as Triple, pad as 'same'),
    }));

const resize = (name: 'resizeBilinear' | 'resizeNearestNeighbor'): Maps =>
  fc
    .record({ shape: shapeOf(4, 4, 5), size: fc.tuple(upTo(8), upTo(8)), corner: fc.constantFrom('', 'align', 'half') })
    .map(({ shape, size, corner }) => ({
      shape,
      f: (x) => tf.image[name](x as Shape4, size, corner === 'align', corner === 'half'),
    }));

const range = fc
  .record({
    ...{ size: upTo(6), begin: fc.integer({ min: -7, max: 7 }), end: fc.integer({ min: -7, max: 7 }) },
    ...{ stride: fc.constantFrom(1, 2, 3, -1, -2), masks: fc.nat(3), shrink: fc.boolean() },
  })
  .filter(({ size, begin, end, stride, masks, shrink }) => {
    if (shrink) return begin >= -size && begin < size && stride > 0;
    const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
    const clip = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, low), high);
    const first = masks & 1 ? (stride > 0 ? low : high) : clip(begin);
    const last = masks & 2 ? (stride > 0 ? high : low) : clip(end);
    return (last - first) * stride > 0;
  });

/** The maps, by the kernel whose gradient they go through. */
export const linearKernels: Readonly<Record<string, Maps>> = {
  Add: shapeOf(1, 3).map((shape) => ({ shape, f: (x) => tf.add(x, randomTensor(1, [2, ...shape])) })),
  AddN: shapeOf(0, 3).map((shape) => ({ shape, f: (x) => tf.addN([x, x, randomTensor(1, shape)]) })),
  AvgPool: averagePool(2),
  AvgPool3D: averagePool(3),
  BatchMatMul: fc
    .record({ ...{ m: upTo(4), k: upTo(4), n: upTo(4), b: upTo(3), ta: fc.boolean(), tb: fc.boolean(), seed: seeds } })
    .chain((s) => fc.constantFrom('a', 'b').map((which) => ({ ...s, which })))
    .map(({ m, k, n, b, ta, tb, seed, which }) => {
      const [a, c] = [
        [1, ...(ta ? [k, m] : [m, k])],
        [b, ...(tb ? [n, k] : [k, n])],
      ];
      return which === 'a'
        ? { shape: a, f: (x) => tf.matMul(x, randomTensor(seed, c), ta, tb) }
        : { shape: c, f: (x) => tf.matMul(randomTensor(seed, a), x, ta, tb) };
    }),
  BatchToSpaceND: fc
    .record({ ...{ b: upTo(2), h: upTo(3), w: upTo(3), c: upTo(2), s: upTo(2), t: upTo(2) }, crop: fc.nat(1) })
    .map(({ b, h, w, c, s, t, crop }) => ({
      shape: [b * s * t, h, w, c],
      f: (x) => tf.batchToSpaceND(x, [s, t], [[h * s > 1 ? crop : 0, 0], [0, w * t > 1 ? crop : 0]]), // prettier-ignore
    })),
  Cast: shapeOf(0, 3).map((shape) => ({ shape, f: (x) => tf.cast(x, 'float32') })),
  Concat: shapeAndAxis().map(({ shape, axis }) => ({
    shape,
    f: (x) => tf.concat([x, randomTensor(1, shape), x], axis),
  })),
  Conv2D: fc.oneof(convolution('x', 'conv2d'), convolution('filter', 'conv2d')),
  Conv2DBackpropInput: fc.oneof(transposed('dy'), transposed('filter')),
  Conv3D: fc.oneof(convolution('x', 'conv3d'), convolution('filter', 'conv3d')),
  Conv3DBackpropInputV2: transposed3d,
  CropAndResize: fc
    .record({
      ...{ b: upTo(2), h: upTo(5), w: upTo(5), c: upTo(2), n: upTo(3), th: upTo(5), tw: upTo(5), seed: seeds },
      method: fc.constantFrom('bilinear' as const, 'nearest' as const),
    })
    .map(({ b, h, w, c, n, th, tw, seed, method }) => ({
      shape: [b, h, w, c],
      f: (x) =>
        tf.image.cropAndResize(
          x as Shape4,
          randomTensor(seed, [n, 4]) as tf.Tensor2D,
          ints(seed, [n], 0, b) as tf.Tensor1D,
          [th, tw],
          method,
          0.5,
        ),
    })),
  Cumsum: fc
    .tuple(shapeAndAxis(), fc.boolean(), fc.boolean())
    .map(([{ shape, axis }, exclusive, backward]) => ({ shape, f: (x) => tf.cumsum(x, axis, exclusive, backward) })),
  DepthToSpace: fc
    .tuple(shapeOf(3, 3, 3), upTo(3), fc.boolean())
    .filter(([, s]) => s > 1)
    .map(([[b, h, w], s, first]) => ({
      shape: first ? [b!, 2 * s * s, h!, w!] : [b!, h!, w!, 2 * s * s],
      f: (x) => tf.depthToSpace(x as Shape4, s, first ? 'NCHW' : 'NHWC'),
    })),
  DepthwiseConv2dNative: fc.oneof(convolution('x', 'depthwise'), convolution('filter', 'depthwise')),
  Diag: shapeOf(1, 3, 3).map((shape) => ({ shape, f: (x) => run('Diag', { x }) })),
  Einsum: fc
    .tuple(
      fc.constantFrom(
        ...([
          'ij,jk->ik',
          'ij,kj->ki',
          'bij,bkj->bik',
          'ij,ij->',
          'i,j->ji',
          'ij,k->ik',
          'abc,bd->',
          'ij->ji',
        ] as const),
      ),
      seeds,
    )
    .map(([equation, seed]) => {
      const sizes: Record<string, number> = { a: 2, b: 2, c: 3, d: 2, i: 2, j: 3, k: 4 };
      const [first, second] = equation
        .split('->')[0]!
        .split(',')
        .map((term) => [...term].map((s) => sizes[s]!));
      return {
        shape: first!,
        f: (x: tf.Tensor) => (second ? tf.einsum(equation, x, randomTensor(seed, second)) : tf.einsum(equation, x)),
      };
    }),
  ExpandDims: shapeOf(0, 3).map((shape) => ({ shape, f: (x) => tf.expandDims(x, -1) })),
  FlipLeftRight: shapeOf(4, 4).map((shape) => ({ shape, f: (x) => tf.image.flipLeftRight(x as Shape4) })),
  GatherNd: fc.tuple(shapeOf(2, 4, 3), seeds).map(([shape, seed]) => ({
    shape,
    f: (x) => tf.gatherND(x, tf.stack([ints(seed, [5], 0, shape[0]!), ints(seed + 1, [5], 0, shape[1]!)], 1)),
  })),
  GatherV2: fc.tuple(shapeAndAxis(), fc.nat(2), seeds).map(([{ shape, axis }, batch, seed]) => {
    const at = axis < 0 ? axis + shape.length : axis;
    const dims = Math.min(batch, at);
    return {
      shape,
      f: (x: tf.Tensor) => tf.gather(x, ints(seed, [...shape.slice(0, dims), 4], 0, shape[at]!), axis, dims),
    };
  }),
  Identity: shapeOf(0, 3).map((shape) => ({ shape, f: (x) => tf.clone(x) })),
  Mean: shapeAndAxis().map(({ shape, axis }) => ({ shape, f: (x) => tf.mean(x, axis) })),
  MirrorPad: fc.tuple(shapeOf(1, 4), fc.constantFrom('reflect' as const, 'symmetric' as const)).chain(([shape, mode]) =>
    paddings(shape, (size) => (mode === 'reflect' ? size - 1 : size)).map((p) => ({
      shape,
      f: (x: tf.Tensor) => tf.mirrorPad(x, p, mode),
    })),
  ),
  Multiply: shapeOf(1, 3).map((shape) => ({ shape, f: (x) => tf.mul(x, randomTensor(1, [2, ...shape])) })),
  Neg: shapeOf(0, 3).map((shape) => ({ shape, f: (x) => tf.neg(x) })),
  OverparamDropout: fc.tuple(shapeOf(0, 3), seeds).map(([shape, seed]) => ({
    shape,
    f: (x) => run('OverparamDropout', { x }, { seed, threshold: 2 ** 31, scale: 2 }),
  })),
  Pack: shapeOf(0, 3).chain((shape) =>
    fc.integer({ min: -shape.length - 1, max: shape.length }).map((axis) => ({
      shape,
      f: (x: tf.Tensor) => tf.stack([x, randomTensor(1, shape), x], axis),
    })),
  ),
  PadV2: shapeOf(1, 4).chain((shape) =>
    paddings(shape, () => 2).map((p) => ({
      shape,
      f: (x: tf.Tensor) => tf.pad(x, p, 0.5),
    })),
  ),
  RealDiv: shapeOf(1, 3).map((shape) => ({ shape, f: (x) => tf.div(x, randomTensor(1, shape).add(3)) })),
  Reshape: shapeOf(0, 3).map((shape) => ({ shape, f: (x) => tf.reshape(x, [-1]) })),
  ResizeBilinear: resize('resizeBilinear'),
  ResizeNearestNeighbor: resize('resizeNearestNeighbor'),
  Reverse: shapeAndAxis().map(({ shape, axis }) => ({ shape, f: (x) => tf.reverse(x, axis) })),
  RotateWithOffset: fc.tuple(shapeOf(4, 4, 5), seeds).map(([shape, seed]) => ({
    shape,
    f: (x) => tf.image.rotateWithOffset(x as Shape4, uniform(seed)() * 3, 0.5, [0.4, 0.6]),
  })),
  ScatterNd: fc.tuple(shapeOf(0, 2), upTo(4), seeds).map(([inner, n, seed]) => ({
    shape: [n, ...inner],
    f: (x) => tf.scatterND(ints(seed, [n, 1], 0, 3), x, [3, ...inner]),
  })),
  Select: fc.tuple(shapeOf(0, 3), fc.boolean(), seeds).map(([shape, first, seed]) => ({
    shape,
    f: (x) => {
      const condition = tf.greater(randomTensor(seed, shape), 0);
      return first ? tf.where(condition, x, randomTensor(2, shape)) : tf.where(condition, randomTensor(2, shape), x);
    },
  })),
  Slice: shapeOf(1, 4).chain((shape) =>
    fc.tuple(...shape.map((n) => fc.tuple(upTo(n, 0), upTo(n, 0)))).map((ends) => ({
      shape,
      f: (x: tf.Tensor) => {
        const begin = ends.map(([a, b]) => Math.min(a!, b!));
        return tf.slice(x, begin, ends.map(([a, b], i) => Math.max(a!, b!) - begin[i]!)); // prettier-ignore
      },
    })),
  ),
  SpaceToBatchND: fc
    .record({ ...{ b: upTo(2), h: upTo(3), w: upTo(3), c: upTo(2), s: upTo(2), t: upTo(2) }, before: fc.nat(2) })
    .map(({ b, h, w, c, s, t, before }) => ({
      shape: [b, h, w, c],
      f: (x) =>
        tf.spaceToBatchND(
          x,
          [s, t],
          [
            [before, (s - ((h + before) % s)) % s],
            [0, (t - (w % t)) % t],
          ],
        ),
    })),
  SparseSegmentMean: fc.tuple(shapeOf(0, 2), upTo(5), seeds).map(([inner, n, seed]) => ({
    shape: [4, ...inner],
    f: (x) => run('SparseSegmentMean', { data: x, indices: ints(seed, [n], 0, 4), segmentIds: tf.range(0, n, 1, 'int32').floorDiv(tf.scalar(2, 'int32')) }), // prettier-ignore
  })),
  SparseSegmentSum: fc.tuple(shapeOf(0, 2), upTo(5), seeds).map(([inner, n, seed]) => ({
    shape: [4, ...inner],
    f: (x) => run('SparseSegmentSum', { data: x, indices: ints(seed, [n], 0, 4), segmentIds: tf.range(0, n, 1, 'int32').floorDiv(tf.scalar(2, 'int32')) }), // prettier-ignore
  })),
  SparseToDense: fc.tuple(upTo(4), seeds, fc.boolean()).map(([n, seed, values]) => {
    const indices = (): tf.Tensor => tf.stack([tf.range(0, n, 1, 'int32'), ints(seed, [n], 0, 3)], 1);
    return values
      ? { shape: [n], f: (x: tf.Tensor) => tf.sparseToDense(indices(), x as tf.Tensor1D, [4, 3], tf.scalar(0.5)) }
      : { shape: [], f: (x: tf.Tensor) => tf.sparseToDense(indices(), randomTensor(seed, [n]) as tf.Tensor1D, [4, 3], x as tf.Scalar) }; // prettier-ignore
  }),
  SplitV: shapeAndAxis().chain(({ shape, axis }) =>
    fc.nat().map((cut) => {
      const n = shape.at(axis)!;
      const first = 1 + (cut % n);
      const sizes = first === n ? [n] : [first, n - first];
      return { shape, f: (x: tf.Tensor) => tf.concat([...tf.split(x, sizes, axis)].reverse(), axis) };
    }),
  ),
  StridedSlice: fc.array(range, { minLength: 1, maxLength: 3 }).map((ranges) => {
    const mask = (bit: number): number =>
      ranges.reduce((m, r, d) => m | ((!r.shrink && (r.masks >> bit) & 1 ? 1 : 0) << d), 0);
    const shrink = ranges.reduce((m, r, d) => m | ((r.shrink ? 1 : 0) << d), 0);
    const of = <K extends 'begin' | 'end' | 'stride' | 'size'>(key: K): number[] => ranges.map((r) => r[key]);
    return {
      shape: of('size'),
      f: (x: tf.Tensor) => tf.stridedSlice(x, of('begin'), of('end'), of('stride'), mask(0), mask(1), 0, 0, shrink),
    };
  }),
  Sub: shapeOf(1, 3).map((shape) => ({ shape, f: (x) => tf.sub(randomTensor(1, [2, ...shape]), x) })),
  Sum: shapeOf(1, 4).chain((shape) =>
    fc.subarray(shape.map((_, axis) => axis)).map((axes) => ({ shape, f: (x: tf.Tensor) => tf.sum(x, axes) })),
  ),
  TensorScatterUpdate: fc.tuple(shapeOf(0, 2), upTo(4), seeds, fc.boolean()).map(([inner, n, seed, updates]) =>
    updates
      ? {
          shape: [n, ...inner],
          f: (x: tf.Tensor) => tf.tensorScatterUpdate(randomTensor(seed, [3, ...inner]), ints(seed, [n, 1], 0, 3), x),
        }
      : {
          shape: [3, ...inner],
          f: (x: tf.Tensor) => tf.tensorScatterUpdate(x, ints(seed, [n, 1], 0, 3), randomTensor(seed, [n, ...inner])),
        },
  ),
  Tile: shapeOf(1, 4, 3).chain((shape) =>
    fc
      .array(upTo(3), { minLength: shape.length, maxLength: shape.length })
      .map((times) => ({ shape, f: (x: tf.Tensor) => tf.tile(x, times) })),
  ),
  Transform: fc
    .record({
      ...{ b: upTo(2), h: upTo(5, 2), w: upTo(5, 2), c: upTo(2), seed: seeds, th: upTo(5), tw: upTo(5) },
      interpolation: fc.constantFrom('bilinear' as const, 'nearest' as const),
      fill: fc.constantFrom('constant' as const, 'reflect' as const, 'wrap' as const, 'nearest' as const),
    })
    .map(({ b, h, w, c, seed, th, tw, interpolation, fill }) => ({
      shape: [b, h, w, c],
      f: (x) => {
        const transforms = tf.add([[1, 0, 0.3, 0, 1, -0.2, 0, 0]], randomTensor(seed, [b, 8]).mul([[0.4, 0.4, 2, 0.4, 0.4, 2, 0.02, 0.02]])); // prettier-ignore
        return tf.image.transform(x as Shape4, transforms as tf.Tensor2D, interpolation, fill, 0.5, [th, tw]);
      },
    })),
  Transpose: shapeOf(0, 5, 3).chain((shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, axis) => axis),
        { minLength: shape.length, maxLength: shape.length },
      ) // prettier-ignore
      .map((order) => ({ shape, f: (x: tf.Tensor) => tf.transpose(x, order) })),
  ),
  Unpack: shapeAndAxis().map(({ shape, axis }) => ({
    shape,
    f: (x) => tf.stack([...tf.unstack(x, axis)].reverse(), 0),
  })),
  UnsortedSegmentSum: fc.tuple(shapeOf(0, 2), upTo(6), seeds).map(([inner, n, seed]) => ({
    shape: [n, ...inner],
    f: (x) => run('UnsortedSegmentSum', { x, segmentIds: ints(seed, [n], -1, 5) }, { numSegments: 3 }),
  })),
};
