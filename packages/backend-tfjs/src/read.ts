import type { Tensor } from '@tensorflow/tfjs-core';
import { OverparamError, type Answer } from '@overparam/core';
import { engine } from './engine.ts';

/** Reads a tensor's numbers and disposes of it. */
export type Read = (tensor: Tensor) => Answer<ArrayLike<number>>;

export const readSync: Read = (tensor) => {
  try {
    return tensor.dataSync();
  } catch (cause) {
    throw new OverparamError(
      'NO_SYNC_READ',
      `The backend '${engine().backendName}' cannot read values synchronously, and a step needs the loss to go on: ` +
        `use minimize of @overparam/core with oracle(loss, { asynchronous: true }), or another backend.`,
      { cause },
    );
  } finally {
    tensor.dispose();
  }
};

export const readAsync: Read = (tensor) => tensor.data().finally(() => tensor.dispose());

/** Goes on with an answer, at once where it is there. */
export function whenAnswered<A, B>(answer: Answer<A>, next: (value: A) => B): Answer<B> {
  return typeof (answer as PromiseLike<A> | null | undefined)?.then === 'function'
    ? (answer as PromiseLike<A>).then(next)
    : next(answer as A);
}
