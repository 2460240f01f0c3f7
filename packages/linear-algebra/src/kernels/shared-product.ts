import { type Team } from '@overparam/threads';
import { type Kernels } from './kernels.ts';

/** A part of C: rows from `row` on and columns from `column` on, or the triangle of a square one. */
interface Block {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
  readonly triangle: 0 | 1 | 2;
}

/** Multiply-adds in a millisecond, roughly. */
const RATE = 3e6;
/** Multiply-adds that are done before threads could be asked. */
const SMALL = 10_000;

/**
 * The product C = alpha A B on all threads, wherever that pays: each block of C is a product of its own. An element is a sum in the
 * order of k whatever block it lies in, so the bits are those of one thread.
 *
 * @param gemm the product on the calling thread
 * @param scratch elements in which each thread packs panels, the calling one's at 0
 */
export function sharedProduct(gemm: Kernels['gemm'], team: Team, scratch: number): Kernels['gemm'] {
  return (a, ars, acs, b, brs, bcs, c, ldc, m, n, k, alpha, add, triangle = 0) => {
    const work = (m * n * k) / (triangle ? 2 : 1);
    if (work < SMALL || (triangle && m !== n)) {
      gemm(a, ars, acs, b, brs, bcs, c, ldc, m, n, k, alpha, add, triangle);
      return;
    }
    team.share('gemm', work / RATE, (parts, compute) => {
      const tiles = (triangle ? triangleBlocks(n, triangle, parts) : stripes(m, n, parts)).map((block) => {
        const { row, rows, column, columns } = block;
        const to = c + row * ldc + column;
        const [left, right] = [a + row * ars, b + column * bcs];
        return [left, ars, acs, right, brs, bcs, to, ldc, rows, columns, k, alpha, Number(add), block.triangle, 0];
      });
      compute(tiles, { argument: 14, at: 0, size: scratch });
    });
  };
}

/** C in stripes along its longer side: what both are cut from is then packed the least often. */
function stripes(m: number, n: number, parts: number): Block[] {
  const byRows = m >= n;
  return cuts(byRows ? m : n, (i) => i / parts, parts).map(([from, size]) =>
    byRows
      ? { row: from, rows: size, column: 0, columns: n, triangle: 0 }
      : { row: 0, rows: m, column: from, columns: size, triangle: 0 },
  );
}

/** A triangle in stripes of equal area: each is a triangle on the diagonal and the rectangle beside or above it. */
function triangleBlocks(n: number, triangle: 1 | 2, parts: number): Block[] {
  return cuts(n, (i) => Math.sqrt(i / parts), parts).flatMap(([from, size]): Block[] => {
    const corner: Block = { row: from, rows: size, column: from, columns: size, triangle };
    if (from === 0) return [corner];
    const rest: Block =
      triangle === 1
        ? { row: from, rows: size, column: 0, columns: from, triangle: 0 }
        : { row: 0, rows: from, column: from, columns: size, triangle: 0 };
    return [corner, rest];
  });
}

/** Intervals [from, size] that end at these fractions of n, in whole tiles of 5 x 4 elements. */
function cuts(n: number, fraction: (i: number) => number, parts: number): (readonly [number, number])[] {
  const ends = Array.from({ length: parts }, (_, i) =>
    i + 1 === parts ? n : Math.min(n, 20 * Math.round((n * fraction(i + 1)) / 20)),
  );
  return ends.map((end, i) => [ends[i - 1] ?? 0, end - (ends[i - 1] ?? 0)] as const).filter(([, size]) => size > 0);
}
