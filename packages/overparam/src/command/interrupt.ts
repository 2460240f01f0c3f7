import type { Terminal } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Interrupt {
  readonly requested: () => boolean;
  release(): void;
}

/** Turns the first interrupt into a request to stop. The second one ends the process, as it does by default. */
export function onInterrupt(terminal: Terminal, first: () => void): Interrupt {
  let requested = false;
  const listen = terminal.listen ?? ((heard) => listenToSignals(terminal, heard));
  const release = listen(() => {
    requested = true;
    first();
  });
  return { requested: () => requested, release };
}

/**
 * Listens to SIGINT and SIGTERM until the first of them: nothing listens to the second, so the system ends the process,
 * whatever it is doing.
 * @returns stops listening
 */
export function listenToSignals({ stderr }: Terminal, heard: () => void): () => void {
  const release = (): void => SIGNALS.forEach((signal) => void process.off(signal, listener));
  const listener = (): void => {
    release();
    heard();
    stderr.write('\nFinishing the step, then saving. Interrupt again to quit at once.\n');
  };
  SIGNALS.forEach((signal) => process.on(signal, listener));
  return release;
}
