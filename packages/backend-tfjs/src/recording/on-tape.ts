import { engine } from './engine.ts';
import { intercept } from './intercept.ts';
import { tapeCopies } from './tape-copies.ts';

/**
 * Runs `body` as tfjs runs what it is to differentiate, so that it does the same operations as in training (tfjs fuses
 * activations into products otherwise). The tape is thrown away.
 */
export function onTape<T>(body: () => T): T {
  const current = engine();
  const copies = tapeCopies(current);
  current.startTape();
  try {
    return intercept(current, { clone: copies.clone }, body);
  } finally {
    current.endTape();
    copies.dispose();
  }
}
