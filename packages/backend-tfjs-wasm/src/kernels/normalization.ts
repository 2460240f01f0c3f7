import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';

/**
 * FusedBatchNorm, its statistics one value for each channel or for each element; OverparamLayerNorm, which returns
 * [y, mean and 1 / sqrt(variance + epsilon) of each row], and OverparamLayerNormGradient, [dx, dScale].
 */
export function normalizationKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  type Named<Name extends string> = Record<Name, TensorInfo>;
  const rowsOf = ({ shape }: TensorInfo): readonly [rows: number, n: number] => {
    const n = shape[shape.length - 1] ?? 1;
    return [n === 0 ? 0 : util.sizeFromShape(shape) / n, n];
  };
  return {
    OverparamLayerNorm: ({ inputs, attrs }) => {
      const { x, scale, offset } = inputs as unknown as Named<'x' | 'scale' | 'offset'>;
      const { epsilon } = attrs as unknown as { epsilon: number };
      const [rows, n] = rowsOf(x);
      return host.several([x.shape, [2, rows]], (y, statistics) =>
        host.wasm.layerNorm(
          ...([host.offset(x), host.offset(scale), host.offset(offset), rows, n, epsilon] as const),
          ...([y!, statistics!, statistics! + 4 * rows] as const),
        ),
      );
    },
    OverparamLayerNormGradient: ({ inputs }) => {
      const { x, scale, statistics, dy } = inputs as unknown as Named<'x' | 'scale' | 'statistics' | 'dy'>;
      const [rows, n] = rowsOf(x);
      return host.several([x.shape, scale.shape], (dx, dScale) => {
        host.fill(dScale!, n, 0);
        const at = host.offset(statistics);
        host.wasm.layerNormGradient(
          ...([host.offset(x), host.offset(scale), host.offset(dy), rows, n, at, at + 4 * rows] as const),
          ...([dx!, dScale!] as const),
        );
      });
    },
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
