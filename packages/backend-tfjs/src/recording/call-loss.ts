import { Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';

let running = false;

/** Whether a function of the user's is running. */
export const isCalling = (): boolean => running;

/** Calls the user's loss and checks what it returns. */
export const callLoss = (loss: () => Tensor): Tensor =>
  calling('loss', loss, (value) => {
    if (value instanceof Tensor && value.rank === 0) return value;
    throw new OverparamError(
      'LOSS_NOT_SCALAR',
      `The loss returned ${shown(value)}: it must return a scalar, such as the mean over the batch.`,
    );
  });

/** Calls a function of the user's that is to be differentiated, and checks what it returns. */
export function calling<T>(name: string, f: () => T, check: (value: unknown) => T): T {
  assertOutsideLoss();
  running = true;
  try {
    const value: unknown = f();
    if (typeof (value as PromiseLike<unknown> | undefined)?.then === 'function') {
      // Nobody will await it: a later rejection must not end the process.
      (value as PromiseLike<unknown>).then(undefined, () => undefined);
      throw new OverparamError(
        'LOSS_ASYNC',
        `The ${name} returned a promise: await the data first, and let the ${name} return a tensor.`,
      );
    }
    return check(value);
  } finally {
    running = false;
  }
}

export const shown = (value: unknown): string =>
  value instanceof Tensor ? `a tensor of shape [${value.shape.join(', ')}]` : String(value);

/** @throws OverparamError `NESTED_MINIMIZE` when a loss is being evaluated */
export function assertOutsideLoss(): void {
  if (running)
    throw new OverparamError(
      'NESTED_MINIMIZE',
      'A loss function called an optimizer or an oracle while it was being evaluated: take the inner step before or after the outer one.',
    );
}
