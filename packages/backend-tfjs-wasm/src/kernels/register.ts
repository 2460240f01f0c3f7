import { getKernel, type KernelConfig, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { convolutionKernels } from './convolution.ts';
import { depthwiseKernels } from './depthwise.ts';
import { einsumKernels } from './einsum.ts';
import { type KernelHost } from './host.ts';
import { matMulKernels } from './matmul.ts';
import { poolingKernels } from './pooling.ts';
import { segmentKernels } from './segments.ts';

/** Kernels by name, each a function of what tfjs gives it. */
export type Kernels = Readonly<Record<string, KernelFunc>>;

const families: readonly ((host: KernelHost) => Kernels)[] = [matMulKernels, convolutionKernels, depthwiseKernels, poolingKernels, segmentKernels, einsumKernels];

/** Puts our kernels in the place of tfjs's for the 'wasm' backend. Called again, it replaces them by the new host's. */
export function registerKernels(host: KernelHost): void {
  for (const family of families) {
    for (const [kernelName, kernelFunc] of Object.entries(family(host))) {
      const stock = getKernel(kernelName, 'wasm');
      if (stock) unregisterKernel(kernelName, 'wasm');
      registerKernel({ ...stock, kernelName, backendName: 'wasm', kernelFunc } as KernelConfig);
    }
  }
}
