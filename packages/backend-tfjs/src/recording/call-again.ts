import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { callLoss } from './call-loss.ts';
import { differentiate, type Differentiated } from './differentiate.ts';
import { engine } from './engine.ts';
import { tap } from './taps.ts';
import { onDraws, type Draws } from './randomness.ts';
import type { Recording } from './recording.ts';
import { notingWrites, putBack, type Before } from './variable-writes.ts';

/**
 * For a loss that can't be replayed: calls it again, on the same random draws, and restores every variable that it wrote.
 * Tensors that it keeps (metrics) are added to `kept`.
 */
export function callingAgain(
  loss: () => Tensor,
  variables: readonly Variable[],
  draws: Draws,
  kept: Tensor[],
): Pick<Recording, 'replay' | 'differentiate'> {
  const at = <T>(points: readonly Tensor[], body: () => T): T =>
    undone(draws, kept, () => {
      variables.forEach((variable, i) => variable.assign(points[i]!));
      return body();
    });
  return {
    replay: (points) => at(points, () => engine().tidy(() => callLoss(loss).clone())),
    differentiate: (points): Differentiated => at(points, () => differentiate(() => callLoss(loss).clone(), variables)),
  };
}

/** Runs `body` on these draws, then restores every variable that it wrote. */
export function undone<T>(draws: Draws, kept: Tensor[], body: () => T): T {
  const before: Before = new Map();
  try {
    return notingWrites(before, () =>
      tap(
        'metrics',
        ({ keep }) => ({ keep: (tensor) => (kept.push(tensor), keep(tensor)) }),
        () => onDraws(draws, body),
      ),
    );
  } finally {
    putBack(before);
  }
}
