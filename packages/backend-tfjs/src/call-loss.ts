import { Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';

let running = false;

/** Calls the user's loss and checks what it returns. */
export function callLoss(loss: () => Tensor): Tensor {
  assertOutsideLoss();
  running = true;
  try {
    const value: unknown = loss();
    if (typeof (value as PromiseLike<unknown> | undefined)?.then === 'function') {
      // Nobody will await it: a later rejection must not end the process.
      (value as PromiseLike<unknown>).then(undefined, () => undefined);
      throw new OverparamError(
        'LOSS_ASYNC',
        'The loss returned a promise: await the data first, and let the loss return a tensor.',
      );
    }
    if (!(value instanceof Tensor) || value.rank !== 0) {
      const returned = value instanceof Tensor ? `a tensor of shape [${value.shape.join(', ')}]` : String(value);
      throw new OverparamError(
        'LOSS_NOT_SCALAR',
        `The loss returned ${returned}: it must return a scalar, such as the mean over the batch.`,
      );
    }
    return value;
  } finally {
    running = false;
  }
}

/** @throws OverparamError `NESTED_MINIMIZE` when a loss is being evaluated */
export function assertOutsideLoss(): void {
  if (running)
    throw new OverparamError(
      'NESTED_MINIMIZE',
      'A loss function called an optimizer or an oracle while it was being evaluated: take the inner step before or after the outer one.',
    );
}
