import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { groupsOf, sumOfGroups } from './groups.ts';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { ranges, split } from './split.ts';

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
      return host.several([x.shape, [2, rows]], (y, statistics) => {
        const [from, by, plus] = [host.offset(x), host.offset(scale), host.offset(offset)];
        split(host, 'layerNorm', { items: rows, cost: 3 * rows * n }, (row, count) => [
          ...[from + 4 * row * n, by, plus, count, n, epsilon],
          ...[y! + 4 * row * n, statistics! + 4 * row, statistics! + 4 * (rows + row)],
        ]);
      });
    },
    OverparamLayerNormGradient: ({ inputs }) => {
      const { x, scale, statistics, dy } = inputs as unknown as Named<'x' | 'scale' | 'statistics' | 'dy'>;
      const [rows, n] = rowsOf(x);
      return host.several([x.shape, scale.shape], (dx, dScale) => {
        const [at, from, by, g] = [host.offset(statistics), host.offset(x), host.offset(scale), host.offset(dy)];
        const groups = Math.min(groupsOf(rows * n), Math.max(rows, 1));
        sumOfGroups(host, groups, n, dScale!, (partial) =>
          host.share('layerNormGradient', 6 * rows * n, (_, compute) =>
            compute(
              ranges(rows, groups, 1, (row, count, group) => [
                ...[from + 4 * row * n, by, g + 4 * row * n, count, n, at + 4 * row, at + 4 * (rows + row)],
                ...[dx! + 4 * row * n, partial(group)],
              ]),
            ),
          ),
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
      const all = [x, mean, variance, scale, offset].filter((t) => t != null);
      if (all.some(({ dtype }) => dtype !== 'float32'))
        throw new WasmError(
          'BAD_DTYPE',
          `FusedBatchNorm of ${all.map(({ dtype }) => dtype).join(', ')}: it takes float32. Use tf.cast.`,
        );
      if (given.some((length) => length !== c && length !== size)) return stock('FusedBatchNorm')(args);
      const at = (t: TensorInfo | undefined, row: number): readonly [offset: number, stride: number] => {
        const stride = t && util.sizeFromShape(t.shape) === size ? c : 0;
        return [t ? host.offset(t) + 4 * row * stride : 0, stride];
      };
      return host.make(x.shape, 'float32', (y) => {
        if (size === 0) return;
        const [from, to] = [host.offset(x), host.offset(y)];
        split(host, 'batchNorm', { items: size / c, cost: 4 * size }, (row, rows) => [
          ...[from + 4 * row * c, ...at(mean, row), ...at(variance, row), ...at(scale, row), ...at(offset, row)],
          ...[rows, c, varianceEpsilon, to + 4 * row * c],
        ]);
      });
    },
  };
}
