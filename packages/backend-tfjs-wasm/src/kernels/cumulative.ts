import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type KernelHost } from './host.ts';
import { allInJavaScript, isNumeric, valuesOf } from './values.ts';

interface Attributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Cumsum and Cumprod along any axis, for all numeric types; those of bool are int32, as sums and products are. */
export function cumulativeKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const kernel =
    (name: string, first: 0 | 1, join: (a: number, b: number) => number, exact: typeof join): KernelFunc =>
    ({ inputs, attrs }) => {
      const { x } = inputs as unknown as { x: TensorInfo };
      const { axis, exclusive, reverse } = attrs as unknown as Attributes;
      if (!isNumeric(x)) throw new WasmError('BAD_DTYPE', `${name} of ${x.dtype}: it takes float32, int32 or bool.`);
      const shape = x.shape.length === 0 ? [1] : x.shape;
      const along = util.parseAxisParam(axis, shape)[0]!;
      const [n, inner] = [shape[along]!, util.sizeFromShape(shape.slice(along + 1))];
      const combine = x.dtype === 'float32' ? join : exact;
      return host.make(x.shape, x.dtype === 'float32' ? 'float32' : 'int32', (out) => {
        const [from, to] = [valuesOf(host, x), valuesOf(host, out)];
        if (from.length === 0) return;
        for (let start = 0; start < from.length; start += n * inner) {
          for (let column = 0; column < inner; column++) {
            let before = first as number;
            for (let i = 0; i < n; i++) {
              const at = start + (reverse ? n - 1 - i : i) * inner + column;
              const next = combine(before, from[at]!);
              to[at] = exclusive ? before : next;
              before = x.dtype === 'float32' ? Math.fround(next) : next;
            }
          }
        }
      });
    };
  return allInJavaScript(host, {
    Cumsum: kernel(
      ...(['Cumsum', 0] as const),
      (a, b) => a + b,
      (a, b) => (a + b) | 0,
    ),
    Cumprod: kernel('Cumprod', 1, (a, b) => a * b, Math.imul),
  });
}
