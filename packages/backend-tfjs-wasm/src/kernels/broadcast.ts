import { broadcast_util, util } from '@tensorflow/tfjs-core';

/**
 * The broadcast shape, and its axes for `assembly/binary.ts`: [size, stride of a, stride of b] each, axes of size 1 left out,
 * neighbours merged where both operands are contiguous.
 */
export function broadcastAxes(
  a: readonly number[],
  b: readonly number[],
): { readonly shape: number[]; readonly merged: number[] } {
  if (util.arraysEqual(a as number[], b as number[]))
    return { shape: [...a], merged: [util.sizeFromShape(a as number[]), 1, 1] };
  const shape = broadcast_util.assertAndGetBroadcastShape(a as number[], b as number[]);
  const merged: [size: number, a: number, b: number][] = [];
  let [strideA, strideB] = [1, 1];
  for (let d = shape.length - 1; d >= 0; d--) {
    const [sizeA, sizeB] = [a[d - shape.length + a.length] ?? 1, b[d - shape.length + b.length] ?? 1];
    const [stepA, stepB] = [sizeA === 1 ? 0 : strideA, sizeB === 1 ? 0 : strideB];
    strideA *= sizeA;
    strideB *= sizeB;
    if (shape[d] === 1) continue;
    const inner = merged[0];
    if (inner && stepA === inner[0] * inner[1] && stepB === inner[0] * inner[2]) inner[0] *= shape[d]!;
    else merged.unshift([shape[d]!, stepA, stepB]);
  }
  return { shape, merged: merged.length > 0 ? merged.flat() : [1, 1, 1] };
}
