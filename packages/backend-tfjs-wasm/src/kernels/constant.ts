import { type DataType, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { split } from './split.ts';

/** Fill, ZerosLike and OnesLike of 32-bit numbers. tfjs lets JavaScript write them, which is slow in memory that threads share. */
export function constantKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  const constant = (shape: readonly number[], value: number, dtype: 'float32' | 'int32'): TensorInfo =>
    host.make(shape, dtype, (out) => fill(host, host.offset(out), util.sizeFromShape(shape as number[]), value, dtype));
  const is32 = (dtype: DataType | undefined): dtype is 'float32' | 'int32' => dtype === 'float32' || dtype === 'int32';
  const like =
    (name: string, value: number): KernelFunc =>
    (args) => {
      const { x } = args.inputs as unknown as { x: TensorInfo };
      return is32(x.dtype) ? constant(x.shape, value, x.dtype) : stock(name)(args);
    };
  return {
    ZerosLike: like('ZerosLike', 0),
    OnesLike: like('OnesLike', 1),
    Fill: (args) => {
      const { shape, value, dtype } = args.attrs as unknown as { shape: number[]; value: number; dtype?: DataType };
      return is32(dtype) ? constant(shape, value, dtype) : stock('Fill')(args);
    },
  };
}

/** Writes the same number `count` times. */
export function fill(
  host: KernelHost,
  at: number,
  count: number,
  value: number,
  dtype: 'float32' | 'int32' = 'float32',
): void {
  const bits = dtype === 'int32' ? value : bitsOf(value);
  split(host, 'fill', { items: count, grain: 16, cost: count / 2 }, (first, some) => [at + 4 * first, some, bits]);
}

const float = new Float32Array(1);
const int = new Int32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return int[0]!;
}
