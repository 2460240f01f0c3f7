import { type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  backend,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { registerGradients } from './gradients/register.ts';
import { createKernelHost } from './kernels/host.ts';
import { registerKernels } from './kernels/register.ts';
import { registerOptimizers } from './optimizers/register.ts';
import { runningWasmBackend } from './tfjs.ts';

export interface Build {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** What stands in tfjs's registry now, for which backend instance; tfjs's own kernels, to go back to. */
let installed: { readonly build: Build; readonly backend: BackendWasm } | undefined;
let stock: readonly KernelConfig[] | undefined;

/** What the running backend has been given. */
export const installedBuild = (): Build | undefined =>
  installed !== undefined && installed.backend === runningWasmBackend() ? installed.build : undefined;

/** The kernel that no operation calls: tfjs sets every kernel up in setBackend, and so tells of a new instance. */
const restartHook = '_OverparamRestart';

/** Puts the build's kernels and the corrected gradients into tfjs's registries. The wasm backend must be running. */
export function install(build: Build): void {
  const running = backend() as BackendWasm;
  if (installed?.backend === running && sameBuild(installed.build, build)) return;
  stock ??= [...getKernelsForBackend('wasm')];
  if (installed !== undefined && installed.build.simd && !build.simd) restoreStock(stock);
  registerGradients();
  registerOptimizers();
  if (build.simd) bind(build, running);
  installed = { build, backend: running };
}

function bind(build: Build, running: BackendWasm): void {
  registerKernels(createKernelHost(running, { relaxedSimd: build.relaxedSimd }));
  replaceKernel({
    kernelName: restartHook,
    backendName: 'wasm',
    kernelFunc: () => [],
    setupFunc: (restarted) => {
      if (installed?.backend === restarted) return;
      bind(build, restarted as BackendWasm);
      installed = { build, backend: restarted as BackendWasm };
    },
  });
}

function restoreStock(kernels: readonly KernelConfig[]): void {
  for (const { kernelName } of [...getKernelsForBackend('wasm')]) unregisterKernel(kernelName, 'wasm');
  for (const kernel of kernels) registerKernel(kernel);
}

function replaceKernel(kernel: KernelConfig): void {
  if (getKernelsForBackend('wasm').some(({ kernelName }) => kernelName === kernel.kernelName))
    unregisterKernel(kernel.kernelName, 'wasm');
  registerKernel(kernel);
}

const sameBuild = (a: Build, b: Build): boolean => a.simd === b.simd && a.relaxedSimd === b.relaxedSimd;
