/** The functions of the kernels' module (`assembly/index.ts`). Offsets and sizes are plain numbers; a bool is 0 or 1. */
export interface Exports {
  gemmScratch(m: number, n: number, k: number): number;
  gemm(
    ...args: [
      ...[a: number, rowStride: number, columnStride: number],
      ...[b: number, rowStride: number, columnStride: number],
      ...[c: number, rowStride: number],
      ...[m: number, n: number, k: number, add: number, scratch: number],
    ]
  ): void;
}
