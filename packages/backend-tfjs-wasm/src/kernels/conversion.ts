import { type DataType, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';

/** Cast between numeric types, ClipByValue, and Bincount of any rank. */
export function conversionKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  const converted = (x: TensorInfo, dtype: DataType): TensorInfo =>
    host.make(x.shape, dtype, (y) => {
      const [from, to, n] = [host.offset(x), host.offset(y), util.sizeFromShape(x.shape)];
      if (dtype === 'bool') host.wasm.numberToBool(from, to, n, x.dtype === 'int32' ? 1 : 0);
      else if (x.dtype === 'bool') host.wasm.boolToNumber(from, to, n, dtype === 'int32' ? 1 : 0);
      else if (dtype === 'int32') host.wasm.floatToInt(from, to, n);
      else host.wasm.intToFloat(from, to, n);
    });
  const numeric = (dtype: string): boolean => dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

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
      if (x.dtype !== 'float32') return stock('ClipByValue')(args);
      return host.make(x.shape, 'float32', (y) =>
        host.wasm.clip(host.offset(x), host.offset(y), util.sizeFromShape(x.shape), clipValueMin, clipValueMax),
      );
    },
    /** tfjs's kernel takes the first axis for a batch where x is more than a list. */
    Bincount: (args) => {
      const { x, weights } = args.inputs as unknown as Record<'x' | 'weights', TensorInfo>;
      const list = { ...x, shape: [util.sizeFromShape(x.shape)] };
      return stock('Bincount')({ ...args, inputs: { x: list, weights } });
    },
  };
}
