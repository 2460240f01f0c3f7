import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from './engine.ts';
import { intercept } from './intercept.ts';
import { tapeCopies } from './tape-copies.ts';

export interface Differentiated {
  readonly value: Tensor;
  /** One a point, null where `f` does not depend on it. */
  readonly gradients: readonly (Tensor | null)[];
}

/** f and its gradients in `points`, by tfjs's own tape; an exception leaves no tensor behind. */
export function differentiate(f: () => Tensor, points: readonly Tensor[]): Differentiated {
  const current = engine();
  const copies = tapeCopies(current);
  let value: Tensor | undefined;
  try {
    return intercept(current, { clone: copies.clone }, () => {
      const at = current.gradients(() => (value = f()), points, null, true);
      return { value: at.value, gradients: at.grads.map((gradient) => gradient ?? null) };
    });
  } catch (error) {
    copies.dispose();
    if (value && !('assign' in value) && !points.includes(value)) value.dispose();
    throw error;
  }
}
