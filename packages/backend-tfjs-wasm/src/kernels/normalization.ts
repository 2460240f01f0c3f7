import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';

/** FusedBatchNorm, its statistics one value for each channel or for each element. */
export function normalizationKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  return {
    FusedBatchNorm: (args) => {
      const { x, mean, variance, scale, offset } = args.inputs as unknown as Record<
        'x' | 'mean' | 'variance',
        TensorInfo
      > &
        Partial<Record<'scale' | 'offset', TensorInfo>>;
      const { varianceEpsilon } = args.attrs as unknown as { varianceEpsilon: number };
      const [size, c] = [util.sizeFromShape(x.shape), x.shape[x.shape.length - 1] ?? 1];
      const given = [mean, variance, scale, offset].map((t) => (t ? util.sizeFromShape(t.shape) : c));
      if (x.dtype !== 'float32' || given.some((length) => length !== c && length !== size))
        return stock('FusedBatchNorm')(args);
      const at = (t: TensorInfo | undefined): readonly [offset: number, stride: number] =>
        t ? [host.offset(t), util.sizeFromShape(t.shape) === size ? c : 0] : [0, 0];
      return host.make(x.shape, 'float32', (y) => {
        if (size > 0)
          host.wasm.batchNorm(
            ...([host.offset(x), ...at(mean), ...at(variance), ...at(scale), ...at(offset)] as const),
            ...([size / c, c, varianceEpsilon, host.offset(y)] as const),
          );
      });
    },
  };
}
