import { badOption } from '@overparam/core';
import { type Kernels } from './kernels.ts';
import { plainKernels } from './plain.ts';
import { compiledKernels, scratch, wasmKernels } from './wasm.ts';

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

let kept: { readonly memory: WebAssembly.Memory; readonly kernels: Kernels } | undefined;
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
  kept = undefined;
  chosen = name === 'typescript' ? name : undefined;
  return kernels();
}

/** Bytes of WebAssembly memory that are held between calls: at most 64 MiB. */
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
    if (keptBytes() > KEPT_BYTES) kept = undefined;
  }
}

function wasmWorkspace(elements: number): Workspace | undefined {
  const pages = Math.ceil(((scratch + elements) * 8) / PAGE);
  try {
    if (!kept) {
      const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
      kept = { memory, kernels: wasmKernels(compiledKernels()!, memory) };
    }
    const missing = pages - kept.memory.buffer.byteLength / PAGE;
    if (missing > 0) kept.memory.grow(missing);
  } catch {
    return undefined;
  }
  return taking(new Float64Array(kept.memory.buffer), kept.kernels, scratch);
}

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
