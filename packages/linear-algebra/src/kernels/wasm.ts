import { noSharedMemory, withSharedMemory } from '@overparam/threads';
import { binary } from './embedded.ts';
import { type Kernels } from './kernels.ts';

/** Elements that the matrix product packs into; they lie at the start of the memory, for one thread after the other. */
export const scratch: number = 20 + 80 * 256 + 1024 * 256;

let compiled: WebAssembly.Module | null | undefined;
let compiledShared: WebAssembly.Module | null | undefined;

/** The kernels compiled from `assembly/`; `null` where the engine lacks WebAssembly, SIMD, or the leave to compile. */
export function compiledKernels(): WebAssembly.Module | null {
  if (compiled === undefined) compiled = compile(embeddedBytes);
  return compiled;
}

/** The same for a memory that threads share; `null` where the engine lacks that too. */
export function compiledSharedKernels(): WebAssembly.Module | null {
  if (compiledShared === undefined)
    compiledShared = noSharedMemory() === undefined ? compile(() => withSharedMemory(embeddedBytes())!) : null;
  return compiledShared;
}

const embeddedBytes = (): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));

function compile(bytes: () => Uint8Array<ArrayBuffer>): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(bytes());
  } catch {
    return null;
  }
}

/** The functions of the module in a memory. */
export type Exports = Readonly<Record<string, (...args: number[]) => unknown>>;

export const exportsIn = (module: WebAssembly.Module, memory: WebAssembly.Memory): Exports =>
  new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;

/** The kernels on the calling thread. */
export function wasmKernels(exports: Exports): Kernels {
  const wasm = exports as unknown as Signatures;
  return {
    gemm(a, ars, acs, b, brs, bcs, c, ldc, m, n, k, alpha, add, triangle = 0) {
      wasm.gemm(a, ars, acs, b, brs, bcs, c, ldc, m, n, k, alpha, add, triangle, 0);
    },
    symmetricProduct: wasm.symmetricProduct,
    rowDots: wasm.rowDots,
    rowSum: wasm.rowSum,
    rankOne: wasm.rankOne,
  };
}

interface Signatures extends Omit<Kernels, 'gemm'> {
  gemm(...about: [...Required<Parameters<Kernels['gemm']>>, scratch: number]): void;
}
