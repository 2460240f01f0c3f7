import { keep, stack, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { engine } from '../recording/engine.ts';
import type { Reading } from '../recording/reading.ts';
import type { Kernel } from './hadamard.ts';
import { readRows, rowProducts } from './row-products.ts';

/** Rows of J, one after the other: a reverse pass each. */
export interface Rows {
  /** N of the batch. */
  readonly samples: number;
  /** C */
  readonly outputs: number;
  /** u^T J, for u of N x C. */
  row(u: Tensor): Tensor;
}

/** The rows (n, k) from `start` to `end` as a matrix, kept; n goes over the chosen samples. */
export const rowsOf = (
  { samples, outputs, row }: Rows,
  chosen: readonly number[] | undefined,
  start: number,
  end: number,
): Tensor =>
  engine().tidy(() =>
    keep(
      stack(
        Array.from({ length: end - start }, (_, i) => {
          const [n, k] = [Math.floor((start + i) / outputs), (start + i) % outputs];
          return tidy(() => {
            return row(unitEntry(samples, outputs, (chosen?.[n] ?? n) * outputs + k));
          });
        }),
      ),
    ),
  );

/**
 * Adds the inner products of the rows of J, by blocks of rows that fit the memory: for parameters that act in a way
 * whose structure is not known. Each block is made once for every block before it.
 */
export function* addRowGrams(
  kernel: Kernel,
  rows: Rows & { readonly length: number },
  chosen: readonly number[] | undefined,
  memory: number,
): Reading<void> {
  const size = kernel.samples * kernel.outputs;
  const block = Math.max(1, Math.min(size, Math.floor(memory / (2 * 4 * rows.length))));
  const end = (start: number): number => Math.min(size, start + block);
  for (let start = 0; start < size; start += block) {
    const left = yield* readRows(rowsOf(rows, chosen, start, end(start)));
    for (let other = 0; other <= start; other += block) {
      const right = other === start ? left : yield* readRows(rowsOf(rows, chosen, other, end(other)));
      addBlock(kernel, rowProducts(left, right), start, other, end(other) - other);
    }
  }
}

function addBlock(
  { data, samples, outputs }: Kernel,
  values: ArrayLike<number>,
  start: number,
  other: number,
  width: number,
): void {
  const size = samples * outputs;
  for (let i = 0; i < values.length; i++) {
    const row = start + Math.floor(i / width);
    const column = other + (i % width);
    data[row * size + column] = data[row * size + column]! + values[i]!;
    if (start !== other) data[column * size + row] = data[column * size + row]! + values[i]!;
  }
}

/** N x C: 1 at one entry, 0 elsewhere. */
export function unitEntry(samples: number, outputs: number, at: number): Tensor {
  const values = new Float32Array(samples * outputs);
  values[at] = 1;
  return tensor2d(values, [samples, outputs]);
}
