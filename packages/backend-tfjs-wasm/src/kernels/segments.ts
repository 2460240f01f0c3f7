import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { call } from './call.ts';
import { fill } from './constant.ts';
import { type KernelHost } from './host.ts';
import { split } from './split.ts';

/** GatherV2, as of an embedding's rows, and its gradient UnsortedSegmentSum. */
export function segmentKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  return {
    GatherV2: ({ inputs, attrs }) => {
      const { x, indices } = inputs as unknown as Record<'x' | 'indices', TensorInfo>;
      const { axis, batchDims = 0 } = attrs as unknown as { axis: number; batchDims?: number };
      const at = util.parseAxisParam(axis, x.shape)[0]!;
      // Of the tensors, collectGatherOpShapeInfo reads the shapes alone.
      const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, at, batchDims);
      const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
      return host.make(outputShape, x.dtype, (out) => {
        const [from, ids, to] = [host.offset(x), host.offset(indices), host.offset(out)];
        const [count, bytes] = [
          util.sizeFromShape(indices.shape) / batchSize,
          sliceSize * util.bytesPerElement(x.dtype),
        ];
        const gather = (bytes: number): number =>
          host.run('gather', [from, ids, batchSize, outerSize, count, dimSize, bytes, to]);
        // Without bytes it looks for ids out of range alone.
        const one = batchSize === 1 && outerSize === 1;
        const bad = batchSize > 0 ? gather(one ? 0 : bytes) : -1;
        if (one && bad < 0)
          split(host, 'gather', { items: count, grain: 16, cost: (count * bytes) / 4 }, (first, part) => [
            ...[from, ids + 4 * first, 1, 1, part, dimSize, bytes, to + first * bytes],
          ]);
        util.assert(
          bad < 0,
          () =>
            `GatherV2: the index value ${host.ints(indices)[bad]} is not in [0, ${dimSize - 1}], the range of axis ${at}.`,
        );
      });
    },
    UnsortedSegmentSum: ({ inputs, attrs }) => {
      const { x, segmentIds } = inputs as unknown as Record<'x' | 'segmentIds', TensorInfo>;
      const { numSegments } = attrs as unknown as { numSegments: number };
      if (x.dtype === 'bool') {
        const counted = call(host, 'Cast', { x }, { dtype: 'int32' });
        try {
          return call(host, 'UnsortedSegmentSum', { x: counted, segmentIds }, { numSegments });
        } finally {
          host.free(counted);
        }
      }
      const innerShape = x.shape.slice(segmentIds.shape.length);
      const whole = x.dtype !== 'float32';
      return host.make([numSegments, ...innerShape], whole ? 'int32' : 'float32', (out) => {
        const inner = util.sizeFromShape(innerShape);
        fill(host, host.offset(out), numSegments * inner, 0);
        const rows = util.sizeFromShape(segmentIds.shape);
        const [from, ids, to] = [host.offset(x), host.offset(segmentIds), host.offset(out)];
        // A thread takes columns: so each sum is its own, in the order of the rows.
        split(host, 'segmentSum', { items: inner, grain: 16, cost: 2 * rows * inner }, (first, columns) => [
          ...[from + 4 * first, ids, rows, columns, inner, numSegments, whole ? 1 : 0, to + 4 * first],
        ]);
      });
    },
  };
}
