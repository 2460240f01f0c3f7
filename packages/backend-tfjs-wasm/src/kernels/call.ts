import { getKernel, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';

/** Another kernel of the wasm backend, called from within a kernel: it leaves no trace on the tape. */
export function call(
  { backend }: KernelHost,
  kernelName: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: object = {},
): TensorInfo {
  return getKernel(kernelName, 'wasm')!.kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend }) as TensorInfo;
}
