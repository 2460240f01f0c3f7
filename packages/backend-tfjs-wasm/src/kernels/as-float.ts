import { type DataType, getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';

/** Runs a kernel for float32 on a tensor of any numeric type, and gives the result the type `to`, by default that of `x`. */
export function asFloat(
  host: KernelHost,
  x: TensorInfo,
  run: (x: TensorInfo) => TensorInfo,
  to: DataType = x.dtype,
): TensorInfo {
  if (x.dtype === 'float32') return run(x);
  const floats = cast(host, x, 'float32');
  try {
    const y = run(floats);
    if (y.dtype === to) return y;
    try {
      return cast(host, y, to);
    } finally {
      host.free(y);
    }
  } finally {
    host.free(floats);
  }
}

function cast(host: KernelHost, x: TensorInfo, dtype: DataType): TensorInfo {
  return getKernel('Cast', 'wasm')!.kernelFunc({ inputs: { x }, attrs: { dtype }, backend: host.backend }) as TensorInfo;
}
