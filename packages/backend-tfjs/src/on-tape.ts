import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeAll, engine } from './engine.ts';
import { intercept } from './intercept.ts';

/**
 * Runs `body` as tfjs runs what it is to differentiate, so that it does the same operations as in training (tfjs fuses
 * activations into products otherwise). The tape is thrown away.
 */
export function onTape<T>(body: () => T): T {
  const current = engine();
  const clone = current.clone.bind(current);
  const saved: Tensor[] = [];
  const save = (tensor: Tensor): Tensor => {
    const copy = clone(tensor);
    saved.push(copy);
    return copy;
  };
  current.startTape();
  try {
    return intercept(current, { clone: save }, body);
  } finally {
    current.endTape();
    disposeAll(saved);
  }
}
