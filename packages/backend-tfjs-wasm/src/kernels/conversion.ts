import { type DataType, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Exports } from './exports.ts';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { unaryKernel } from './scalar.ts';
import { split } from './split.ts';

/** Cast between numeric types, and ClipByValue. */
export function conversionKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  const converted = (x: TensorInfo, dtype: DataType): TensorInfo =>
    host.make(x.shape, dtype, (y) => {
      const [from, to, items] = [host.offset(x), host.offset(y), util.sizeFromShape(x.shape)];
      const numbers = (kernel: keyof Exports, cost: number, ...rest: number[]): void =>
        split(host, kernel, { items, grain: 64, cost }, (first, count) => [
          from + first * util.bytesPerElement(x.dtype),
          to + first * util.bytesPerElement(dtype),
          ...[count, ...rest],
        ]);
      if (dtype === 'bool') numbers('numberToBool', 2 * items, x.dtype === 'int32' ? 1 : 0);
      else if (x.dtype === 'bool') numbers('boolToNumber', 2 * items, dtype === 'int32' ? 1 : 0);
      else if (dtype === 'int32') numbers('floatToInt', items);
      else numbers('intToFloat', items);
    });
  const numeric = (dtype: string): boolean => dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

  const clipOther = unaryKernel(host, 'ClipByValue');
  return {
    Cast: (args) => {
      const { x } = args.inputs as unknown as { x: TensorInfo };
      const { dtype } = args.attrs as unknown as { dtype: DataType };
      if (!numeric(x.dtype) || !numeric(dtype)) return stock('Cast')(args);
      return x.dtype === dtype ? host.alias(x, x.shape) : converted(x, dtype);
    },
    /** tfjs's kernel turns NaN into the lower bound. */
    ClipByValue: (args) => {
      const { x } = args.inputs as unknown as { x: TensorInfo };
      const { clipValueMin, clipValueMax } = args.attrs as unknown as { clipValueMin: number; clipValueMax: number };
      if (x.dtype !== 'float32') return clipOther(args);
      return host.make(x.shape, 'float32', (y) => {
        const [from, to, items] = [host.offset(x), host.offset(y), util.sizeFromShape(x.shape)];
        split(host, 'clip', { items, grain: 16, cost: items }, (first, count) => [
          ...[from + 4 * first, to + 4 * first, count, clipValueMin, clipValueMax],
        ]);
      });
    },
  };
}
