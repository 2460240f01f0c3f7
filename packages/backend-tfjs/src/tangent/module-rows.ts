import { concat, keep, reshape, slice, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { partOf, type Selection } from '../modules/part.ts';
import type { Reading } from '../recording/reading.ts';
import type { Kernel } from './hadamard.ts';
import { readRows, rowProducts } from './row-products.ts';

/**
 * Adds to each kernel the inner products of the rows of J in its parts.
 * @param rows one per sample, of the whole variables one after the other; it is lent
 */
export function* addModuleRows(
  kernels: readonly Kernel[],
  parts: readonly Selection[],
  rows: Tensor,
  variables: ReadonlyMap<number, Variable>,
): Reading<void> {
  const starts = new Map<number, number>();
  let length = 0;
  for (const [i, { size }] of variables) {
    starts.set(i, length);
    length += size;
  }
  const [count] = rows.shape as [number];
  const columnsOf = (selection: Selection): Tensor =>
    concat(
      [...selection].map(([i, part]) => {
        const { shape, size } = variables.get(i)!;
        const whole = reshape(slice(rows, [0, starts.get(i)!], [count, size]), [count, ...shape]);
        return reshape(partOf(whole, part && { ...part, axis: part.axis + 1 }), [count, -1]);
      }),
      1,
    );
  for (const [m, kernel] of kernels.entries()) {
    const selection = parts[m]!;
    if (selection.size === 0) continue;
    const columns = yield* readRows(tidy(() => keep(columnsOf(selection).clone())));
    const values = rowProducts(columns, columns);
    for (let i = 0; i < values.length; i++) kernel.data[i]! += values[i]!;
  }
}
