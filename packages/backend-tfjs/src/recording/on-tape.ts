import { engine } from './engine.ts';
import { tapeCopies } from './tape-copies.ts';

/**
 * Runs `body` as tfjs runs what it differentiates, so that it does the same operations as in training (tfjs fuses
 * activations into products otherwise). The tape is thrown away.
 */
export function onTape<T>(body: () => T): T {
  const current = engine();
  const copies = tapeCopies();
  current.startTape();
  try {
    return copies.noting(body);
  } finally {
    current.endTape();
    copies.dispose();
  }
}
