import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from './engine.ts';
import { tapeCopies } from './tape-copies.ts';
import { registerZeroDerivatives } from './zero-derivatives.ts';

export interface Differentiated {
  readonly value: Tensor;
  /** One per point, null where `f` does not depend on it. */
  readonly gradients: readonly (Tensor | null)[];
}

/** f and its gradients at `points`, by tfjs's own tape; an exception leaves no tensor behind. */
export function differentiate(f: () => Tensor, points: readonly Tensor[]): Differentiated {
  registerZeroDerivatives();
  const copies = tapeCopies();
  let value: Tensor | undefined;
  try {
    return copies.noting(() => {
      const { value: at, grads } = engine().gradients(() => (value = f()), points, null, true);
      return { value: at, gradients: grads.map((gradient) => gradient ?? null) };
    });
  } catch (error) {
    copies.dispose();
    if (value && !('assign' in value) && !points.includes(value)) value.dispose();
    throw error;
  }
}
