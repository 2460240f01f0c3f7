import { type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  backend,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { registerGradients } from './gradients/register.ts';
import { guardHeap } from './kernels/heap.ts';
import { createKernelHost, type KernelHost } from './kernels/host.ts';
import { registerKernels, replaceKernel } from './kernels/register.ts';
import { registerOptimizers } from './optimizers/register.ts';
import { runningWasmBackend } from './tfjs.ts';

export interface Build {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** How many threads were asked for; where the backend's memory is not shared, one computes. */
  readonly threads: number;
}

/** What stands in tfjs's registry now, for which backend instance; tfjs's own kernels, to go back to. */
let installed:
  { readonly build: Build; readonly backend: BackendWasm; readonly host: KernelHost | undefined } | undefined;
let stock: readonly KernelConfig[] | undefined;

/** What the running backend has been given. */
export const installedBuild = (): Build | undefined =>
  installed !== undefined && installed.backend === runningWasmBackend() ? installed.build : undefined;

/** How the running backend's kernels compute; undefined where they are tfjs's own. */
export const installedHost = (): KernelHost | undefined =>
  installedBuild() === undefined ? undefined : installed?.host;

/**
 * The kernel that no operation calls: tfjs sets every kernel up in setBackend, and so tells of a new instance; and it disposes of
 * every kernel when it removes a backend.
 */
const restartHook = '_OverparamRestart';

/**
 * Puts the build's kernels and the corrected gradients into tfjs's registries. The wasm backend must be running.
 * Where workers can't be started it throws, and nothing has changed.
 */
export function install(build: Build): void {
  const running = backend() as BackendWasm;
  if (installed?.backend === running && sameBuild(installed.build, build)) return;
  stock ??= [...getKernelsForBackend('wasm')];
  guardHeap(running);
  const host = build.simd ? hostOf(build, running) : undefined;
  installed?.host?.dispose();
  if (installed?.build.simd && !build.simd) restoreStock(stock);
  registerGradients();
  registerOptimizers();
  if (host) bind(build, host);
  installed = { build, backend: running, host };
}

const hostOf = ({ relaxedSimd, threads }: Build, running: BackendWasm): KernelHost =>
  createKernelHost(running, { relaxedSimd, threads });

/** Where tfjs restarts its backend, nobody could take an error; one thread always works. */
function hostAgain(build: Build, restarted: BackendWasm): KernelHost {
  try {
    return hostOf(build, restarted);
  } catch {
    return hostOf({ ...build, threads: 1 }, restarted);
  }
}

function bind(build: Build, host: KernelHost): void {
  registerKernels(host);
  replaceKernel({
    kernelName: restartHook,
    backendName: 'wasm',
    kernelFunc: () => [],
    setupFunc: (restarted) => {
      if (installed?.backend === restarted) return;
      const next = hostAgain(build, restarted as BackendWasm);
      bind(build, next);
      installed = { build, backend: restarted as BackendWasm, host: next };
    },
    disposeFunc: () => installed?.host?.dispose(),
  });
}

function restoreStock(kernels: readonly KernelConfig[]): void {
  for (const { kernelName } of [...getKernelsForBackend('wasm')]) unregisterKernel(kernelName, 'wasm');
  for (const kernel of kernels) registerKernel(kernel);
}

const sameBuild = (a: Build, b: Build): boolean =>
  a.simd === b.simd && a.relaxedSimd === b.relaxedSimd && a.threads === b.threads;
