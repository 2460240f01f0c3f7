import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeAll } from './engine.ts';
import { tap } from './taps.ts';

/** Notes the copies that a tape makes of what it saves: tfjs frees them only after a backward pass that succeeded. */
export function tapeCopies(): { noting<T>(body: () => T): T; dispose(): void } {
  const copies: Tensor[] = [];
  return {
    noting: (body) =>
      tap(
        'tape',
        ({ clone }) => ({
          clone(tensor) {
            const copy = clone(tensor);
            copies.push(copy);
            return copy;
          },
        }),
        body,
      ),
    dispose: () => disposeAll(copies),
  };
}
