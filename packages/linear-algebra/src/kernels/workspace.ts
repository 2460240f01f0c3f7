import { badOption, OverparamError } from '@overparam/core';
import { countThreads, createPool, createTeam, environmentThreads, isThreadCount, maxThreads, type Pool, type ThreadCount } from '@overparam/threads'; // prettier-ignore
import { type Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';
import { sharedProduct } from './shared-product.ts';
import { compiledKernels, compiledSharedKernels, exportsIn, scratch, wasmKernels } from './wasm.ts';

/** Numbers to compute on, and the kernels that do. Its contents are undefined at first. */
export interface Workspace extends Kernels {
  readonly heap: Float64Array;
  /** The offset of that many elements. */
  take(elements: number): number;
  /** A copy of that many elements. */
  read(at: number, elements: number): Float64Array;
}

/** More than this is given back to the engine after the call that needed it. */
const KEPT_BYTES = 64 * 2 ** 20;
const PAGE = 65536;

/** Fewer numbers are never worth a thread: a matrix of 256 x 256. */
const LEAST_SHARED = 65536;

interface Kept {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** The threads that compute in this memory, if it is shared. */
  readonly pool?: Pool;
  /** Elements at its start that the threads pack into. */
  readonly packed: number;
}

let kept: Kept | undefined;
let asked: ThreadCount | undefined;
/** Whether this engine has refused to start a worker. */
let refused = false;
let chosen: 'wasm' | 'typescript' | undefined;

/** Which kernels compute: `wasm`, or `typescript` where the engine has no WebAssembly with SIMD. Their results are the same. */
export function kernels(): 'wasm' | 'typescript' {
  return (chosen ??= compiledKernels() ? 'wasm' : 'typescript');
}

/**
 * Chooses the kernels; `wasm` where it cannot be had leaves `typescript`.
 *
 * @returns which kernels compute from now on
 */
export function useKernels(name: 'wasm' | 'typescript'): 'wasm' | 'typescript' {
  if (name !== 'wasm' && name !== 'typescript') throw badOption('name', name, '"wasm" or "typescript"');
  giveBack();
  chosen = name === 'typescript' ? name : undefined;
  return kernels();
}

/**
 * On how many threads large products compute, the calling one included, and with them factorisations and solves: a number, or
 * 'all' that the machine computes at once. By default what the environment variable OVERPARAM_THREADS says, else all. They start
 * when the first large matrix comes. Results are the same to the bit.
 *
 * @returns how many compute from now on: 1 where memory can't be shared among threads, as in a page that is not cross-origin
 * isolated, or where the kernels are `typescript`
 * @throws OverparamError BAD_OPTION
 */
export function useThreads(threads: ThreadCount): number {
  if (!isThreadCount(threads)) throw badThreads('threads', threads);
  giveBack();
  [asked, refused] = [threads, false];
  return kernels() === 'wasm' ? threadsToUse() : 1;
}

function threadsToUse(): number {
  const threads = asked ?? environmentThreads() ?? 'all';
  if (!isThreadCount(threads)) throw badThreads('The environment variable OVERPARAM_THREADS', threads);
  return refused || compiledSharedKernels() === null ? 1 : countThreads(threads);
}

const badThreads = (name: string, value: unknown): OverparamError =>
  badOption(name, value, `'all' or a whole number from 1 to ${maxThreads}`);

/** Gives the memory back to the engine, and ends the threads that compute in it. */
function giveBack(): void {
  kept?.pool?.dispose();
  kept = undefined;
}

/** Bytes of WebAssembly memory that are held between calls: at most 64 MiB, and 2.3 MB for each thread beyond the first. */
export function keptBytes(): number {
  return kept?.memory.buffer.byteLength ?? 0;
}

/** Calls `use` with a workspace of that many elements. Calls do not nest. */
export function withWorkspace<T>(elements: number, use: (space: Workspace) => T): T {
  const wasm = kernels() === 'wasm' ? wasmWorkspace(elements) : undefined;
  if (!wasm) {
    const heap = new Float64Array(elements);
    return use(taking(heap, plainKernels(heap), 0));
  }
  try {
    return use(wasm);
  } finally {
    if (kept && keptBytes() - 8 * (kept.packed - scratch) > KEPT_BYTES) giveBack();
  }
}

function wasmWorkspace(elements: number): Workspace | undefined {
  const threads = elements < LEAST_SHARED || kept?.pool ? 1 : threadsToUse();
  if (threads > 1) {
    giveBack();
    kept = onThreads(elements, threads);
  }
  try {
    kept ??= onOneThread(elements);
    const missing = pages(kept.packed + elements) - kept.memory.buffer.byteLength / PAGE;
    if (missing > 0) kept.memory.grow(missing);
  } catch {
    return undefined;
  }
  return taking(new Float64Array(kept.memory.buffer), kept.kernels, kept.packed);
}

const pages = (elements: number): number => Math.ceil((elements * 8) / PAGE);

function onOneThread(elements: number): Kept {
  const memory = new WebAssembly.Memory({ initial: pages(scratch + elements), maximum: 65536 });
  return { memory, kernels: wasmKernels(exportsIn(compiledKernels()!, memory)), packed: scratch };
}

/** `undefined` where the engine gives no such memory, or refuses to start a worker. */
function onThreads(elements: number, threads: number): Kept | undefined {
  try {
    const packed = threads * scratch;
    const module = compiledSharedKernels()!;
    const memory = new WebAssembly.Memory({ initial: pages(packed + elements), maximum: 65536, shared: true });
    const exports = exportsIn(module, memory);
    const kernels = wasmKernels(exports);
    const pool = createPool({ module, memory, exports, threads, idle: 'rowDots', lost: threadLost });
    return {
      memory,
      kernels: { ...kernels, gemm: sharedProduct(kernels.gemm, createTeam(pool), scratch) },
      pool,
      packed,
    };
  } catch {
    refused = true;
    return undefined;
  }
}

const threadLost = (message: string): OverparamError => new OverparamError('THREAD_LOST', message);

function taking(heap: Float64Array, kernels: Kernels, from: number): Workspace {
  let end = from;
  return {
    ...kernels,
    heap,
    take(elements) {
      const at = end;
      end += elements;
      return at;
    },
    read(at, elements) {
      // Twenty times faster than `slice` on WebAssembly memory.
      const copy = new Float64Array(elements);
      copy.set(heap.subarray(at, at + elements));
      return copy;
    },
  };
}
