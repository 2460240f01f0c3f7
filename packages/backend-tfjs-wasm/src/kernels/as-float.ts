import { type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { call } from './call.ts';
import { type KernelHost } from './host.ts';

/** Runs a kernel for float32 on a tensor of any numeric type, and gives the result the type `to`, by default that of `x`. */
export function asFloat(
  host: KernelHost,
  x: TensorInfo,
  run: (x: TensorInfo) => TensorInfo,
  to: DataType = x.dtype,
): TensorInfo {
  if (x.dtype === 'float32') return run(x);
  const floats = call(host, 'Cast', { x }, { dtype: 'float32' });
  try {
    const y = run(floats);
    if (y.dtype === to) return y;
    try {
      return call(host, 'Cast', { x: y }, { dtype: to });
    } finally {
      host.free(y);
    }
  } finally {
    host.free(floats);
  }
}
