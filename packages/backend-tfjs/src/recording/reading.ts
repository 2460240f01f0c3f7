import type { Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { engine } from './engine.ts';

/**
 * A computation that reads tensors on its way: it yields each tensor and is resumed with its numbers. A driver does the
 * reading, at once or by promises, and disposes of the tensor; `finally` works as in any function.
 */
export type Reading<T> = Generator<Tensor, T, ArrayLike<number>>;

/** Reads a tensor's numbers; the tensor is disposed of. */
export function* read(tensor: Tensor): Reading<ArrayLike<number>> {
  return yield tensor;
}

/** Runs each stretch of a computation between two reads. */
export type Within = <R>(stretch: () => R) => R;

const plainly: Within = (stretch) => stretch();

/** Runs a computation on a backend that reads at once. @throws OverparamError `NO_SYNC_READ` */
export function readNow<T>(reading: Reading<T>, within: Within = plainly): T {
  let turn = within(() => reading.next());
  while (!turn.done) {
    let values: ArrayLike<number>;
    try {
      values = numbersOf(turn.value);
    } catch (error) {
      turn = within(() => reading.throw(error));
      continue;
    }
    turn = within(() => reading.next(values));
  }
  return turn.value;
}

/**
 * Runs a computation whose reads are promises. Its first stretch runs before this returns.
 * @param givenUp whether the computation was ended (by its `return`) during a read
 * @throws OverparamError `ABORTED` when it was given up
 */
export async function readLater<T>(
  reading: Reading<T>,
  within: Within = plainly,
  givenUp: () => boolean = () => false,
): Promise<T> {
  let turn = within(() => reading.next());
  while (!turn.done) {
    let resume: () => IteratorResult<Tensor, T>;
    const tensor = turn.value;
    try {
      const values = await tensor.data();
      resume = () => reading.next(values);
    } catch (error) {
      resume = () => reading.throw(error);
    } finally {
      tensor.dispose();
    }
    if (givenUp()) throw new OverparamError('ABORTED', 'The step was abandoned before this question was answered.');
    turn = within(resume);
  }
  return turn.value;
}

function numbersOf(tensor: Tensor): ArrayLike<number> {
  try {
    return tensor.dataSync();
  } catch (cause) {
    throw new OverparamError(
      'NO_SYNC_READ',
      `The backend '${engine().backendName}' cannot read values synchronously, and a step needs the loss to continue: ` +
        `use minimize of @overparam/core with oracle(loss, { asynchronous: true }), or another backend.`,
      { cause },
    );
  } finally {
    tensor.dispose();
  }
}
