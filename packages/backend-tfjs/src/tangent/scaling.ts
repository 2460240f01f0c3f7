import { clipByValue, keep, mul, reciprocal, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { badOption, type ColumnScaling } from '@overparam/core';
import { disposeAll } from '../recording/engine.ts';
import type { Selection } from '../modules/part.ts';
import type { Jacobian } from './jacobian.ts';

/** D^-1 for D = clip(diag(J^T J), min, max), in the shapes of the wanted parts; kept. */
export function inverseScaling(
  jacobian: Jacobian,
  moving: Selection,
  { min, max }: ColumnScaling,
): Map<number, Tensor> {
  if (!(min > 0 && min <= max)) throw badOption('scaling', `{ min: ${min}, max: ${max} }`, '0 < min <= max');
  const squares = jacobian.squaredColumns(moving);
  const inverse = [...squares].map(
    ([i, square]) => [i, keep(tidy(() => reciprocal(clipByValue(square, min, Math.min(max, 1e38)))))] as const,
  );
  disposeAll(squares.values());
  return new Map(inverse);
}

/** D^-1 v, in the place of v, whose tensors it takes over; v itself without a scaling. */
export function scaled(
  jacobian: Jacobian,
  moving: Selection,
  v: Tensor[],
  scaling: ColumnScaling | undefined,
): Tensor[] {
  if (!scaling) return v;
  const inverse = inverseScaling(jacobian, moving, scaling);
  const made = [...moving.keys()].map((i, k) => keep(mul(v[k]!, inverse.get(i)!)));
  disposeAll([...v, ...inverse.values()]);
  return made;
}
