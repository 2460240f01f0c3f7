import type { Writable } from 'node:stream';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Turns the first interrupt into a request to stop. After it nobody listens, so that the second one ends the process at
 * once, as it does by default: even within a step, when no JavaScript could run.
 */
export function onInterrupt(
  stderr: Writable,
  first: () => void,
): { readonly requested: () => boolean; release(): void } {
  let requested = false;
  const release = (): void => SIGNALS.forEach((signal) => void process.off(signal, listener));
  const listener = (): void => {
    release();
    requested = true;
    first();
    stderr.write('\nFinishing the step, then saving. Interrupt again to quit at once.\n');
  };
  SIGNALS.forEach((signal) => process.on(signal, listener));
  return { requested: () => requested, release };
}
