import { getKernel, type KernelConfig, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { binaryKernels } from './binary.ts';
import { constantKernels } from './constant.ts';
import { conversionKernels } from './conversion.ts';
import { convolutionKernels } from './convolution.ts';
import { depthwiseKernels } from './depthwise.ts';
import { dropoutKernels } from './dropout.ts';
import { einsumKernels } from './einsum.ts';
import { type KernelHost } from './host.ts';
import { matMulKernels } from './matmul.ts';
import { movementKernels } from './movement.ts';
import { normalizationKernels } from './normalization.ts';
import { optimizerKernels } from './optimizer.ts';
import { poolingKernels } from './pooling.ts';
import { reductionKernels } from './reduction.ts';
import { segmentKernels } from './segments.ts';
import { softmaxKernels } from './softmax.ts';
import { unaryKernels } from './unary.ts';

/** Kernels by name, each a function of what tfjs gives it. */
export type Kernels = Readonly<Record<string, KernelFunc>>;

/** tfjs's own kernel of a name, for what ours leave to it. */
export type Stock = (kernelName: string) => KernelFunc;

const families: readonly ((host: KernelHost, stock: Stock) => Kernels)[] = [
  matMulKernels,
  convolutionKernels,
  depthwiseKernels,
  poolingKernels,
  segmentKernels,
  einsumKernels,
  movementKernels,
  conversionKernels,
  constantKernels,
  unaryKernels,
  binaryKernels,
  reductionKernels,
  softmaxKernels,
  normalizationKernels,
  dropoutKernels,
  optimizerKernels,
];

const stock = new Map<string, KernelFunc>();

/** Puts our kernels in the place of tfjs's for the 'wasm' backend. Called again, it replaces them by the new host's. */
export function registerKernels(host: KernelHost): void {
  for (const family of families) {
    for (const [kernelName, kernelFunc] of Object.entries(family(host, (name) => stock.get(name)!))) {
      const before = getKernel(kernelName, 'wasm');
      if (before) {
        if (!stock.has(kernelName)) stock.set(kernelName, before.kernelFunc);
        unregisterKernel(kernelName, 'wasm');
      }
      registerKernel({ ...before, kernelName, backendName: 'wasm', kernelFunc } as KernelConfig);
    }
  }
}
