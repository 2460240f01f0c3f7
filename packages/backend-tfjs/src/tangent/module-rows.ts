import { concat, keep, matMul, reshape, slice, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { Answer } from '@overparam/core';
import { taken, type Wanted } from '../modules/part.ts';
import { inTurn, whenAnswered, type Read } from '../recording/read.ts';
import type { Kernel } from './hadamard.ts';

/**
 * Adds to each kernel the inner products of the rows of J in its parts.
 * @param rows a row a sample, of the variables one after the other, whole; it is lent
 */
export function addModuleRows(
  kernels: readonly Kernel[],
  parts: readonly Wanted[],
  rows: Tensor,
  variables: ReadonlyMap<number, Variable>,
  read: Read,
): Answer<void> {
  const starts = new Map<number, number>();
  let length = 0;
  for (const [i, { size }] of variables) {
    starts.set(i, length);
    length += size;
  }
  const [count] = rows.shape as [number];
  const columnsOf = (wanted: Wanted): Tensor =>
    concat(
      [...wanted].map(([i, part]) => {
        const { shape, size } = variables.get(i)!;
        const whole = reshape(slice(rows, [0, starts.get(i)!], [count, size]), [count, ...shape]);
        return reshape(taken(whole, part && { ...part, axis: part.axis + 1 }), [count, -1]);
      }),
      1,
    );
  return inTurn(kernels, (kernel) => {
    const wanted = parts[kernels.indexOf(kernel)]!;
    if (wanted.size === 0) return;
    const gram = tidy(() => {
      const columns = columnsOf(wanted);
      return keep(matMul(columns, columns, false, true));
    });
    return whenAnswered(read(gram), (values) => {
      for (let i = 0; i < values.length; i++) kernel.data[i]! += values[i]!;
    });
  });
}
