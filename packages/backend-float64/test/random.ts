import type { Matrix } from '@overparam/core';

export const seeded = { seed: 20261125, numRuns: 40 } as const;

/** Numbers between -1 and 1, the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = (seed + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  };
}

export const randomVector = (length: number, next: () => number): Float64Array => Float64Array.from({ length }, next);

export const randomMatrix = (rows: number, columns: number, next: () => number): Matrix => ({
  rows,
  columns,
  data: randomVector(rows * columns, next),
});
