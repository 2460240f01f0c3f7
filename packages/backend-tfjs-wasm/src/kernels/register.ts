import { type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
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
import { checkedKernels } from './checked.ts';
import { constantKernels } from './constant.ts';
import { conversionKernels } from './conversion.ts';
import { convolutionKernels } from './convolution.ts';
import { depthwiseKernels } from './depthwise.ts';
import { countingKernels } from './counting.ts';
import { cumulativeKernels } from './cumulative.ts';
import { dropoutKernels } from './dropout.ts';
import { einsumKernels } from './einsum.ts';
import { freeingOnFailure } from './heap.ts';
import { type KernelHost } from './host.ts';
import { indexingKernels } from './indexing.ts';
import { matMulKernels } from './matmul.ts';
import { movementKernels } from './movement.ts';
import { normalizationKernels } from './normalization.ts';
import { optimizerKernels } from './optimizer.ts';
import { poolingKernels } from './pooling.ts';
import { rearrangementKernels } from './rearrangement.ts';
import { reductionKernels } from './reduction.ts';
import { resizeKernels } from './resize.ts';
import { scalarKernels } from './scalar.ts';
import { scalarReductionKernels } from './scalar-reduction.ts';
import { segmentKernels } from './segments.ts';
import { softmaxKernels } from './softmax.ts';
import { transformKernels } from './transform.ts';
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
  rearrangementKernels,
  indexingKernels,
  cumulativeKernels,
  countingKernels,
  resizeKernels,
  transformKernels,
  checkedKernels,
  conversionKernels,
  constantKernels,
  scalarKernels,
  scalarReductionKernels,
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

/** tfjs's own kernel; where it throws, nothing that it made is left behind. */
const guard =
  (kernelFunc: KernelFunc): KernelFunc =>
  (args) =>
    freeingOnFailure(args.backend as BackendWasm, () => kernelFunc(args));

/**
 * Replaces tfjs's kernels by ours for the 'wasm' backend. Called again, it replaces them by the new host's. The kernels
 * that stay tfjs's run as before, and are reported to an observer.
 */
export function registerKernels(host: KernelHost): void {
  current = host;
  for (const { kernelName, kernelFunc } of getKernelsForBackend('wasm'))
    if (!replaced.has(kernelName)) stock.set(kernelName, guard(kernelFunc));
  const foreign = (name: string): KernelFunc => {
    const kernel = stock.get(name)!;
    return (args) => host.observer?.foreign(name, kernel, args) ?? kernel(args);
  };
  const ours = families.flatMap((family) => Object.entries(family(host, foreign)));
  const names = new Set(ours.map(([name]) => name));
  const others = [...stock.keys()].filter((name) => !names.has(name));
  for (const [kernelName, kernelFunc] of [...ours, ...others.map((name) => [name, foreign(name)] as const)]) {
    const before = getKernel(kernelName, 'wasm');
    replaceKernel({ ...before, kernelName, backendName: 'wasm', kernelFunc } as KernelConfig);
    replaced.add(kernelName);
  }
}

/** Registers a kernel of the 'wasm' backend, and unregisters what had its name. */
export function replaceKernel(kernel: KernelConfig): void {
  if (getKernel(kernel.kernelName, 'wasm')) unregisterKernel(kernel.kernelName, 'wasm');
  registerKernel(kernel);
}

/** Whose kernels run now; undefined where tensors are computed by another backend, or by tfjs's own kernels. */
export const activeHost = (): KernelHost | undefined =>
  current && getBackend() === 'wasm' && backend() === current.backend && getKernel('OverparamAxpy', 'wasm')
    ? current
    : undefined;
