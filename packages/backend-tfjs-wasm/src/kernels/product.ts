import { type KernelHost } from './host.ts';
import { type Finish, linear } from './finish.ts';
import { multiplyAdd } from './sharing.ts';
import { bounds } from './split.ts';

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

/** C = finish(A B). Rows of C lie side by side, as its columns do. */
export interface Product {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: number;
  readonly finish?: Finish;
}

/** Products of one size, on all threads where that pays: several at a time, and large ones in blocks of C. */
export function multiply(host: KernelHost, products: readonly Product[]): void {
  const first = products[0];
  if (!first) return;
  const [m, n, k] = [first.a.rows, first.b.columns, first.a.columns];
  const parts = host.parts(products.length * m * n * k * multiplyAdd);
  const blocks = blocksOf(m, n, k, Math.ceil(parts / products.length));
  const bytes = Math.max(...blocks.map(({ rows, columns }) => host.wasm.gemmScratch(rows, columns, k)));
  host.scratch(host.threads() * bytes, (at) =>
    host.share(
      'gemmFused',
      products.flatMap((product) => blocks.map((block) => callOf(product, block, n, k))),
      { argument: scratchArgument, at, bytes },
    ),
  );
}

interface Block {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

const scratchArgument = 12;

/**
 * Blocks of an m x n matrix. An element of C is the same to the bit in any of them: columns are cut where the kernel's panels of 8
 * begin, and a single row or column, which has a kernel of its own, is never split off.
 */
function blocksOf(m: number, n: number, k: number, parts: number): readonly Block[] {
  const [mostRows, mostColumns] = [Math.floor(m / 24), Math.floor(n / 32)];
  if (parts <= 1 || m === 1 || n === 1 || k === 0) return [{ row: 0, rows: m, column: 0, columns: n }];
  // Each block of rows packs B again, each block of columns A: cut the longer side first.
  const rowParts = Math.max(1, Math.min(mostRows, m >= n ? parts : Math.ceil(parts / Math.max(1, mostColumns))));
  const columnParts = Math.max(1, Math.min(mostColumns, Math.ceil(parts / rowParts)));
  const [rows, columns] = [bounds(m, rowParts, 6), bounds(n, columnParts, 8)];
  return rows.slice(1).flatMap((end, i) =>
    columns.slice(1).map((right, j) => ({
      ...{ row: rows[i]!, rows: end - rows[i]! },
      ...{ column: columns[j]!, columns: right - columns[j]! },
    })),
  );
}

function callOf({ a, b, c, finish = linear }: Product, block: Block, n: number, k: number): readonly number[] {
  const { row, rows, column, columns } = block;
  const { bias, activation, slope, slopes, slopeStride } = finish;
  return [
    ...[a.at + 4 * row * a.rowStride, a.rowStride, a.columnStride],
    ...[b.at + 4 * column * b.columnStride, b.rowStride, b.columnStride],
    ...[c + 4 * (row * n + column), n, rows, columns, k, 0, 0],
    ...[bias && bias + 4 * column, activation, slope],
    ...[slopes && slopes + 4 * (row * slopeStride + column), slopeStride],
  ];
}
