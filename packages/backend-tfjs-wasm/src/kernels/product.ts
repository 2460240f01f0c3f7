import { type KernelHost } from './host.ts';
import { type Finish, linear } from './finish.ts';
import { multiplyAdd } from './sharing.ts';
import { bounds, ranges } from './split.ts';

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

/** C = finish(A B), for a batch of matrices. Rows of C lie side by side, as its columns do, and its matrices too. */
export interface Product {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: number;
  readonly finish?: Finish;
  /** How many there are, 1 by default, and the bytes from one A or B to the next. */
  readonly count?: number;
  readonly aStep?: number;
  readonly bStep?: number;
}

/** Products of one size, on all threads where that pays: several at a time, and large ones in blocks of C. */
export function multiply(host: KernelHost, products: readonly Product[]): void {
  const first = products[0];
  if (!first) return;
  const [m, n, k] = [first.a.rows, first.b.columns, first.a.columns];
  const total = products.reduce((total, { count = 1 }) => total + count, 0);
  host.share('gemmBatch', total * m * n * k * multiplyAdd, (parts, compute) => {
    const blocks = blocksOf(m, n, k, Math.ceil(parts / total));
    const size = Math.max(...blocks.map(({ rows, columns }) => host.wasm.gemmScratch(rows, columns, k)));
    host.scratch(host.threads() * size, (at) =>
      compute(
        products.flatMap((product) => blocks.flatMap((block) => callsOf(product, block, parts))),
        { argument: scratchArgument, at, size },
      ),
    );
  });
}

interface Block {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

const scratchArgument = 17;

/**
 * Blocks of an m x n matrix. An element of C is the same to the bit in any of them: columns are cut where the kernel's panels of 8
 * begin, and a single row or column, which has a kernel of its own, is never split off.
 */
function blocksOf(m: number, n: number, k: number, parts: number): readonly Block[] {
  if (parts <= 1 || m === 1 || n === 1 || k === 0) return [{ row: 0, rows: m, column: 0, columns: n }];
  const [rowParts, columnParts] = gridOf(m, n, parts);
  const [rows, columns] = [bounds(m, rowParts, 6), bounds(n, columnParts, 8)];
  return rows.slice(1).flatMap((end, i) =>
    columns.slice(1).map((right, j) => ({
      ...{ row: rows[i]!, rows: end - rows[i]! },
      ...{ column: columns[j]!, columns: right - columns[j]! },
    })),
  );
}

/** Into how many rows and columns of blocks C is cut. Each row of blocks packs B again, each column A: so that this is the least. */
function gridOf(m: number, n: number, parts: number): readonly [rows: number, columns: number] {
  const [mostRows, mostColumns] = [Math.max(1, Math.floor(m / 24)), Math.max(1, Math.floor(n / 32))];
  const grids = Array.from({ length: Math.min(parts, mostRows) }, (_, i) => {
    const [rows, columns] = [i + 1, Math.min(mostColumns, Math.ceil(parts / (i + 1)))];
    return { rows, columns, blocks: Math.min(parts, rows * columns), packed: m * columns + n * rows };
  });
  const best = grids.reduce((a, b) => (b.blocks > a.blocks || (b.blocks === a.blocks && b.packed < a.packed) ? b : a));
  return [best.rows, best.columns];
}

/** A block of each C of the batch, in at most the given number of calls. */
function callsOf(
  { a, b, c, finish = linear, count = 1, aStep = 0, bStep = 0 }: Product,
  { row, rows, column, columns }: Block,
  parts: number,
): readonly (readonly number[])[] {
  const [k, n] = [a.columns, b.columns];
  const { bias, activation, slope, slopes, slopeStride } = finish;
  const cStep = 4 * a.rows * n;
  const slopesStep = slopeStride ? cStep : 0;
  const at = row * n + column;
  return ranges(count, Math.min(count, parts), 1, (from, some) => [
    ...[some, aStep, bStep, cStep, slopesStep],
    ...[a.at + from * aStep + 4 * row * a.rowStride, a.rowStride, a.columnStride],
    ...[b.at + from * bStep + 4 * column * b.columnStride, b.rowStride, b.columnStride],
    ...[c + from * cStep + 4 * at, n, rows, columns, k, 0, 0],
    ...[bias && bias + 4 * column, activation, slope],
    ...[slopes && slopes + from * slopesStep + 4 * (row * slopeStride + column), slopeStride],
  ]);
}
