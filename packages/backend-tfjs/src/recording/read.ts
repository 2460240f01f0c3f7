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
export function whenAnswered<A, B>(answer: Answer<A>, next: (value: A) => Answer<B>): Answer<B> {
  return typeof (answer as PromiseLike<A> | null | undefined)?.then === 'function'
    ? (answer as PromiseLike<A>).then(next)
    : next(answer as A);
}

/** Does one after the other, and waits in between only where there is something to wait for. */
export function inTurn<T>(items: Iterable<T>, each: (item: T) => Answer<void>): Answer<void> {
  const iterator = items[Symbol.iterator]();
  const go = (): Answer<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      const answer = each(next.value);
      if (typeof (answer as PromiseLike<void> | undefined)?.then === 'function')
        return (answer as PromiseLike<void>).then(go);
    }
  };
  return go();
}
