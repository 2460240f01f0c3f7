/** Rows and columns that are copied together, so that what is read down a column stays in the cache. */
const BLOCK = 32;

/** Copies the lower triangle of the n x n matrix at `at` onto its upper. */
export function mirrorLower(heap: Float64Array, at: number, n: number): void {
  for (let rows = 0; rows < n; rows += BLOCK) {
    const end = Math.min(rows + BLOCK, n);
    for (let columns = 0; columns <= rows; columns += BLOCK) {
      for (let i = rows; i < end; i++) {
        const to = Math.min(columns + BLOCK, i);
        for (let j = columns; j < to; j++) heap[at + j * n + i] = heap[at + i * n + j]!;
      }
    }
  }
}
