import type { Tensor } from '@tensorflow/tfjs-core';
import { isCalling } from './call-loss.ts';
import { disposeAll, engine } from './engine.ts';
import { intercept } from './intercept.ts';

/** An exception of `body` leaves no tensor that it has kept, but for those of the user's functions. */
export function freeing<T>(body: () => T, failed: () => void): T {
  const kept: Tensor[] = [];
  const current = engine();
  const keepTensor = current.keep.bind(current);
  const noting: typeof keepTensor = (tensor) => {
    if (!isCalling()) kept.push(tensor);
    return keepTensor(tensor);
  };
  try {
    return intercept(current, { keep: noting }, body);
  } catch (error) {
    failed();
    disposeAll(kept);
    throw error;
  }
}
