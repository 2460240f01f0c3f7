import { keep, mul, sub, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { disposeAll } from '../recording/engine.ts';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import { partOf, type Selection } from '../modules/part.ts';

/** w_k - w_(k-1) of the wanted, where it is known to differ from 0; kept. */
export const displacementOf = (
  variables: readonly Variable[],
  moving: Selection,
  memory: ParameterMemory,
): Map<number, Tensor> =>
  new Map(
    [...moving].flatMap(([i, part]) => {
      const variable = variables[i]!;
      const previous = memory.of(variable)?.tensors['previous'];
      return previous ? [[i, keep(tidy(() => sub(partOf(variable, part), partOf(previous, part))))] as const] : [];
    }),
  );

/** -J^T u - momentum (w_k - w_(k-1)); takes the tensors over. */
export function withMomentum(
  moving: Selection,
  minus: Tensor[],
  change: ReadonlyMap<number, Tensor>,
  momentum: number,
): Tensor[] {
  const moved = [...moving.keys()].map((i, k) => {
    const part = change.get(i);
    return part ? keep(tidy(() => sub(minus[k]!, mul(part, momentum)))) : minus[k]!;
  });
  disposeAll([...change.values(), ...minus.filter((tensor) => !moved.includes(tensor))]);
  return moved;
}
