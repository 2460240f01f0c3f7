import { type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
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
const guarded = new WeakSet<KernelFunc>();

/** tfjs's own kernel; where it throws, nothing that it made is left behind. */
function guard(kernelFunc: KernelFunc): KernelFunc {
  const func: KernelFunc = (args) => freeingOnFailure(args.backend as BackendWasm, () => kernelFunc(args));
  guarded.add(func);
  return func;
}

/** Puts our kernels in the place of tfjs's for the 'wasm' backend. Called again, it replaces them by the new host's. */
export function registerKernels(host: KernelHost): void {
  const ours = families.flatMap((family) => Object.entries(family(host, (name) => stock.get(name)!)));
  for (const [kernelName, kernelFunc] of ours) {
    const before = getKernel(kernelName, 'wasm');
    if (before && !stock.has(kernelName)) stock.set(kernelName, guard(before.kernelFunc));
    replaceKernel({ ...before, kernelName, backendName: 'wasm', kernelFunc } as KernelConfig);
  }
  const names = new Set(ours.map(([kernelName]) => kernelName));
  for (const kernel of [...getKernelsForBackend('wasm')])
    if (!names.has(kernel.kernelName) && !guarded.has(kernel.kernelFunc))
      replaceKernel({ ...kernel, kernelFunc: guard(kernel.kernelFunc) });
}

/** Registers a kernel of the 'wasm' backend, and unregisters what had its name. */
export function replaceKernel(kernel: KernelConfig): void {
  if (getKernel(kernel.kernelName, 'wasm')) unregisterKernel(kernel.kernelName, 'wasm');
  registerKernel(kernel);
}
