import { connect, type Remote } from '@overparam/core';

/** An oracle in its own worker, created there by one of the {@link makers} in worker.ts. */
export interface InWorker<O extends object> {
  readonly oracle: Remote<O>;
  /** Ends the worker, in the middle of a question too. */
  close(): void;
}

/** Timeout of a question in milliseconds. The first one waits for data and WebAssembly. */
const patience = 120_000;

/** @throws the error of the maker, and those of core's `connect` */
export async function inWorker<O extends object>(
  room: string,
  settings: object,
  signal: AbortSignal,
): Promise<InWorker<O>> {
  // The worker chooses the maker by its own name.
  const name = JSON.stringify({ room, settings });
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name });
  try {
    const { oracle, close } = await connect<O>(worker, { signal, timeout: patience });
    await (oracle as { ready?(): Promise<void> }).ready?.();
    return {
      oracle,
      close() {
        close();
        worker.terminate();
      },
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
