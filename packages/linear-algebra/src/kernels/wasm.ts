import { binary } from './embedded.ts';
import { type Kernels } from './kernels.ts';

/** Elements at the start of the memory that the matrix product packs into. */
export const scratch: number = 20 + 80 * 256 + 1024 * 256;

let compiled: WebAssembly.Module | null | undefined;

/** The kernels compiled from `assembly/`; `null` where the engine lacks WebAssembly, SIMD, or the leave to compile. */
export function compiledKernels(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Uint8Array.from(atob(binary), (character) => character.charCodeAt(0)));
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

/** The kernels in a memory of their own. Throws a RangeError where that much memory is not to be had. */
export function wasmKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
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

interface Exports extends Omit<Kernels, 'gemm'> {
  gemm(...about: [...Required<Parameters<Kernels['gemm']>>, scratch: number]): void;
}
