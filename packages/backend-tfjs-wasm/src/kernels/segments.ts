import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';

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
        const bad = batchSize > 0 ? host.wasm.gather(from, ids, batchSize, outerSize, count, dimSize, bytes, to) : -1;
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
      const innerShape = x.shape.slice(segmentIds.shape.length);
      const whole = x.dtype !== 'float32';
      return host.make([numSegments, ...innerShape], whole ? 'int32' : 'float32', (out) => {
        const inner = util.sizeFromShape(innerShape);
        host.fill(host.offset(out), numSegments * inner, 0);
        const rows = util.sizeFromShape(segmentIds.shape);
        const [from, ids, to] = [host.offset(x), host.offset(segmentIds), host.offset(out)];
        host.wasm.segmentSum(from, ids, rows, inner, numSegments, whole ? 1 : 0, to);
      });
    },
  };
}
