import {
  add,
  cast,
  gatherND,
  type GradConfig,
  mul,
  pad,
  range,
  reshape,
  reverse,
  scalar,
  scatterND,
  slice,
  slice_util,
  type Tensor,
  type Tensor1D,
  transpose,
  unsortedSegmentSum,
  util,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';

const size = (shape: readonly number[]): number => util.sizeFromShape(shape as number[]);

/**
 * Gather along an axis, any number of batch dimensions: one segmented sum, with segments numbered through batch and outer
 * dimensions. tfjs-core transposes twice, and is wrong for batch dimensions.
 */
const gatherGradient: GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attrs) => {
    const [x, indices] = saved as [Tensor, Tensor];
    const { axis: at, batchDims: dims = 0 } = attrs as unknown as { axis: number; batchDims?: number };
    const batchDims = dims < 0 ? dims + indices.rank : dims;
    const axis = util.parseAxisParam(at, x.shape)[0]!;
    return {
      x: () => {
        const batch = size(x.shape.slice(0, batchDims));
        const outer = size(x.shape.slice(batchDims, axis));
        const [length, inner] = [x.shape[axis]!, size(x.shape.slice(axis + 1))];
        const segments =
          batch * outer === 1
            ? reshape(indices, [-1])
            : reshape(
                add(
                  reshape(indices, [batch, 1, -1]),
                  reshape(mul(range(0, batch * outer, 1, 'int32'), scalar(length, 'int32')), [batch, outer, 1]),
                ),
                [-1],
              );
        const rows = reshape(dy as Tensor, [segments.size, inner]);
        return reshape(unsortedSegmentSum(rows, cast(segments, 'int32') as Tensor1D, batch * outer * length), x.shape);
      },
      indices: () => zeros(indices.shape),
    };
  },
};

const gatherNdGradient: GradConfig = {
  kernelName: 'GatherNd',
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, saved) => {
    const [params, indices] = saved as [Tensor, Tensor];
    return {
      params: () => scatterND(indices, dy as Tensor, params.shape as never),
      indices: () => zeros(indices.shape),
    };
  },
};

const scatterNdGradient: GradConfig = {
  kernelName: 'ScatterNd',
  inputsToSave: ['indices'],
  gradFunc: (dy, saved) => {
    const [indices] = saved as [Tensor];
    return { updates: () => gatherND(dy as Tensor, indices), indices: () => zeros(indices.shape) };
  },
};

type Masks = Readonly<Record<`${'begin' | 'end' | 'ellipsis' | 'newAxis' | 'shrinkAxis'}Mask`, number>>;
type Ranges = Readonly<Record<'begin' | 'end' | 'strides', number[]>>;

const stridedSliceGradient: GradConfig = {
  kernelName: 'StridedSlice',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    const a = attrs as unknown as Ranges & Masks;
    return {
      x: () => {
        const { begin, end, strides } = slice_util.sliceInfo(
          ...([x.shape, a.begin, a.end, a.strides, a.beginMask, a.endMask] as const),
          ...([a.ellipsisMask, a.newAxisMask, a.shrinkAxisMask] as const),
        ) as unknown as Ranges;
        const counts = slice_util.computeOutShape(begin, end, strides);
        if (counts.includes(0)) return zerosLike(x);
        let out = reshape(dy as Tensor, counts);
        for (let d = 0; d < x.rank; d++) out = spread(out, d, begin[d]!, strides[d]!, x.shape[d]!);
        return out;
      },
    };
  },
};

/** Along axis d, element i of x goes to begin + i stride among `size`; the rest is 0. */
function spread(x: Tensor, d: number, begin: number, stride: number, size: number): Tensor {
  const count = x.shape[d]!;
  const step = Math.abs(stride);
  const first = stride > 0 ? begin : begin + (count - 1) * stride;
  const length = (count - 1) * step + 1;
  const along = (rank: number, axis: number, before: number, after: number): [number, number][] =>
    Array.from({ length: rank }, (_, i) => (i === axis ? [before, after] : [0, 0]));
  let out = stride > 0 ? x : reverse(x, d);
  if (step > 1) {
    const [head, tail] = [x.shape.slice(0, d), x.shape.slice(d + 1)];
    out = pad(reshape(out, [...head, count, 1, ...tail]), along(x.rank + 1, d + 1, 0, step - 1));
    out = slice(
      reshape(out, [...head, count * step, ...tail]),
      x.shape.map(() => 0),
      [...head, length, ...tail],
    );
  }
  return pad(out, along(x.rank, d, first, size - first - length));
}

/** dx has dy where the greatest were, else 0. */
const topKGradient: GradConfig = {
  kernelName: 'TopK',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [x, indices] = saved as [Tensor, Tensor];
    const [dy] = dys as Tensor[];
    return {
      x: () => {
        const n = x.shape[x.rank - 1]!;
        const rows = x.size / n;
        const starts = reshape(mul(range(0, rows, 1, 'int32'), scalar(n, 'int32')), [rows, 1]);
        const places = reshape(add(reshape(indices, [rows, -1]), starts), [-1]) as Tensor1D;
        return reshape(unsortedSegmentSum(reshape(dy!, [-1]), places, rows * n), x.shape);
      },
    };
  },
};

/** [batch, height, width, s s channels] -> [batch, s height, s width, channels], or with the channels in front, backwards. */
const depthToSpaceGradient: GradConfig = {
  kernelName: 'DepthToSpace',
  inputsToSave: ['x'],
  gradFunc: (dys, saved, attrs) => {
    const [x, dy] = [saved[0]!, dys as Tensor];
    const { blockSize: s, dataFormat } = attrs as unknown as { blockSize: number; dataFormat: 'NHWC' | 'NCHW' };
    const [b, m, n, o] = x.shape as [number, number, number, number];
    const blocks = (): Tensor =>
      dataFormat === 'NCHW'
        ? transpose(reshape(dy, [b, m / (s * s), n, s, o, s]), [0, 3, 5, 1, 2, 4])
        : transpose(reshape(dy, [b, m, s, n, s, o / (s * s)]), [0, 1, 3, 2, 4, 5]);
    return { x: () => reshape(blocks(), x.shape) };
  },
};

/** GatherV2, and what tfjs-core has no gradient for: GatherNd, ScatterNd, StridedSlice, TopK, DepthToSpace. */
export const indexingGradients: readonly GradConfig[] = [
  gatherGradient,
  gatherNdGradient,
  scatterNdGradient,
  stridedSliceGradient,
  topKGradient,
  depthToSpaceGradient,
];
