import {
  backend,
  getBackend,
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
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
const replaced = new Set<string>();
let current: KernelHost | undefined;

/**
 * Puts our kernels in the place of tfjs's for the 'wasm' backend. Called again, it replaces them by the new host's. The kernels
 * that stay tfjs's run as before, and are reported to an observer.
 */
export function registerKernels(host: KernelHost): void {
  current = host;
  for (const { kernelName, kernelFunc } of getKernelsForBackend('wasm'))
    if (!replaced.has(kernelName)) stock.set(kernelName, kernelFunc);
  const foreign = (name: string): KernelFunc => {
    const kernel = stock.get(name)!;
    return (args) => host.observer?.foreign(name, kernel, args) ?? kernel(args);
  };
  const ours = families.flatMap((family) => Object.entries(family(host, foreign)));
  const names = new Set(ours.map(([name]) => name));
  const others = [...stock.keys()].filter((name) => !names.has(name));
  for (const [kernelName, kernelFunc] of [...ours, ...others.map((name) => [name, foreign(name)] as const)]) {
    const before = getKernel(kernelName, 'wasm');
    if (before) unregisterKernel(kernelName, 'wasm');
    registerKernel({ ...before, kernelName, backendName: 'wasm', kernelFunc } as KernelConfig);
    replaced.add(kernelName);
  }
}

/** Whose kernels run now; undefined where tensors are computed by another backend, or by tfjs's own kernels. */
export const activeHost = (): KernelHost | undefined =>
  current && getBackend() === 'wasm' && backend() === current.backend && getKernel('OverparamAxpy', 'wasm')
    ? current
    : undefined;
