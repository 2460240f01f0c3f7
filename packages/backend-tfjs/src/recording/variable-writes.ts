import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { share } from './engine.ts';
import { tap } from './taps.ts';

/** What variables held, by reference count. */
export type Before = Map<Variable, Tensor>;

/** Runs `body` and notes in `before` what every variable that it assigns held at first. */
export const notingWrites = <T>(before: Before, body: () => T): T =>
  tap(
    'writes',
    ({ disposeTensor }) => ({
      // `assign` frees the old data through the engine, in whatever copy of the class.
      disposeTensor: (tensor) => {
        if (isVariable(tensor)) note(before, tensor);
        disposeTensor(tensor);
      },
    }),
    body,
  );

export function note(before: Before, variable: Variable): void {
  if (!before.has(variable) && !variable.isDisposed) before.set(variable, share(variable));
}

/** Puts the variables back to the bit. */
export function putBack(before: Before): void {
  for (const [variable, tensor] of before) if (!variable.isDisposed) variable.assign(tensor);
  forget(before);
}

export function forget(before: Before): void {
  for (const tensor of before.values()) tensor.dispose();
  before.clear();
}

const isVariable = (tensor: Tensor): tensor is Variable => 'assign' in tensor;
