import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from './engine.ts';

export interface Differentiated {
  readonly value: Tensor;
  /** One a point, null where `f` does not depend on it. */
  readonly gradients: readonly (Tensor | null)[];
}

/** f and its gradients in `points`, by tfjs's own tape; an exception leaves no tensor of the tape behind. */
export function differentiate(f: () => Tensor, points: readonly Tensor[]): Differentiated {
  const { gradients, state } = bound();
  try {
    const { value, grads } = gradients(f, points, null, true);
    return { value, gradients: grads.map((gradient) => gradient ?? null) };
  } catch (error) {
    // tfjs itself frees what its tape saved only after a backward pass that went well.
    if (state.gradientDepth === 0) {
      for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
      state.activeTape = null;
    }
    throw error;
  }
}

const bound = (): Pick<ReturnType<typeof engine>, 'gradients' | 'state'> => {
  const current = engine();
  return { gradients: current.gradients.bind(current), state: current.state };
};
