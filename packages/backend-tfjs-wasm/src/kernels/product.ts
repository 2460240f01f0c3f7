import { type KernelHost } from './host.ts';
import { type Finish, linear } from './finish.ts';

/** A matrix in tfjs's memory: where it starts in bytes, its size, and its strides in elements. */
export interface Matrix {
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A row-major matrix. */
export function rowMajor(at: number, rows: number, columns: number): Matrix {
  return { at, rows, columns, rowStride: columns, columnStride: 1 };
}

/** The transpose, without touching a value. */
export function transposed(a: Matrix): Matrix {
  return { at: a.at, rows: a.columns, columns: a.rows, rowStride: a.columnStride, columnStride: a.rowStride };
}

/** C = finish(A B), or C += A B. Rows of C lie `rowStride` apart, its columns side by side. */
export function multiply(
  { wasm }: KernelHost,
  a: Matrix,
  b: Matrix,
  c: { readonly at: number; readonly rowStride: number },
  scratch: number,
  { add = false, finish = linear }: { readonly add?: boolean; readonly finish?: Finish } = {},
): void {
  const { bias, activation, slope, slopes, slopeStride } = finish;
  wasm.gemmFused(
    ...([a.at, a.rowStride, a.columnStride, b.at, b.rowStride, b.columnStride, c.at, c.rowStride] as const),
    ...([a.rows, b.columns, a.columns, add ? 1 : 0, scratch, bias, activation, slope, slopes, slopeStride] as const),
  );
}
