import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type KernelHost } from './host.ts';
import { allInJavaScript, valuesOf } from './values.ts';

/** Bincount and DenseBincount: how often each whole number from 0 to size - 1 occurs, or the sum of its weights. */
export function countingKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const count = (
    ...[x, weights, rows, size, once]: [x: TensorInfo, weights: TensorInfo, rows: number, size: number, once: boolean]
  ): TensorInfo => {
    const shape = x.shape.length === 2 && rows === x.shape[0] ? [rows, size] : [size];
    const weighted = util.sizeFromShape(weights.shape) > 0;
    const numbers = valuesOf(host, x);
    if (numbers.some((value: number) => value < 0))
      throw new WasmError('BAD_INDEX', `Bincount of a negative number: it counts whole numbers, 0 or more.`);
    return host.make(shape, weights.dtype, (out) => {
      const [from, by, to] = [valuesOf(host, x), valuesOf(host, weights), valuesOf(host, out)];
      to.fill(0);
      const n = rows === 0 ? 0 : from.length / rows;
      from.forEach((value: number, i: number) => {
        if (value >= size) return;
        const at = Math.floor(i / n) * size + value;
        const weight = once || !weighted ? 1 : by[i]!;
        if (once || out.dtype === 'bool') to[at] = to[at] || weight ? 1 : 0;
        else to[at]! += weight;
      });
    });
  };
  return allInJavaScript(host, {
    Bincount: ({ inputs, attrs }) => {
      const { x, weights } = inputs as unknown as Record<'x' | 'weights', TensorInfo>;
      const { size } = attrs as unknown as { size: number };
      return count({ ...x, shape: [util.sizeFromShape(x.shape)] }, weights, 1, size, false);
    },
    DenseBincount: ({ inputs, attrs }) => {
      const { x, weights } = inputs as unknown as Record<'x' | 'weights', TensorInfo>;
      const { size, binaryOutput = false } = attrs as unknown as { size: number; binaryOutput?: boolean };
      return count(x, weights, x.shape.length === 2 ? x.shape[0]! : 1, size, binaryOutput);
    },
  });
}
