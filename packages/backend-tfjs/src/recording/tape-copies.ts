import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeAll, type engine } from './engine.ts';

/**
 * The engine's `clone`, which remembers its copies: a tape makes them of what it saves, and tfjs frees them only after a
 * backward pass that went well.
 */
export function tapeCopies(current: ReturnType<typeof engine>): {
  readonly clone: (tensor: Tensor) => Tensor;
  dispose(): void;
} {
  const clone = current.clone.bind(current);
  const saved: Tensor[] = [];
  return {
    clone(tensor) {
      const copy = clone(tensor);
      saved.push(copy);
      return copy;
    },
    dispose: () => disposeAll(saved),
  };
}
