import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { memoryOf } from './heap.ts';
import { type KernelHost } from './host.ts';

/** A tensor's values where they are in memory: stale after the next allocation. */
export type Values = Float32Array | Int32Array | Uint8Array;

export function valuesOf({ backend, offset }: Pick<KernelHost, 'backend' | 'offset'>, tensor: TensorInfo): Values {
  const [at, size, { buffer }] = [offset(tensor), util.sizeFromShape(tensor.shape), memoryOf(backend)];
  if (tensor.dtype === 'float32') return new Float32Array(buffer, at, size);
  return tensor.dtype === 'bool' ? new Uint8Array(buffer, at, size) : new Int32Array(buffer, at, size);
}

/** Whether a tensor's values are numbers in the heap: neither strings nor pairs of complex numbers. */
export const isNumeric = ({ dtype }: TensorInfo): boolean =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

/** A kernel that computes in JavaScript: an observer of the kernels runs it as one that is not ours. */
export const inJavaScript =
  (host: KernelHost, name: string, kernel: KernelFunc): KernelFunc =>
  (args) =>
    host.observer?.foreign(name, kernel, args) ?? kernel(args);

/** As `inJavaScript`, for a whole family. */
export const allInJavaScript = (
  host: KernelHost,
  kernels: Readonly<Record<string, KernelFunc>>,
): Readonly<Record<string, KernelFunc>> =>
  Object.fromEntries(Object.entries(kernels).map(([name, kernel]) => [name, inJavaScript(host, name, kernel)]));
