import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeAll, engine } from './engine.ts';
import { intercept } from './intercept.ts';

export interface Differentiated {
  readonly value: Tensor;
  /** One a point, null where `f` does not depend on it. */
  readonly gradients: readonly (Tensor | null)[];
}

/** f and its gradients in `points`, by tfjs's own tape; an exception leaves no tensor behind. */
export function differentiate(f: () => Tensor, points: readonly Tensor[]): Differentiated {
  const current = engine();
  const clone = current.clone.bind(current);
  // The tape's copies. tfjs frees them only after a backward pass that went well.
  const saved: Tensor[] = [];
  const save = (tensor: Tensor): Tensor => {
    const copy = clone(tensor);
    saved.push(copy);
    return copy;
  };
  let value: Tensor | undefined;
  try {
    return intercept(current, { clone: save }, () => {
      const at = current.gradients(() => (value = f()), points, null, true);
      return { value: at.value, gradients: at.grads.map((gradient) => gradient ?? null) };
    });
  } catch (error) {
    disposeAll(saved);
    if (value && !('assign' in value) && !points.includes(value)) value.dispose();
    throw error;
  }
}
