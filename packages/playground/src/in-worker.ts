import { connect, type Remote } from '@overparam/core';

/** An oracle in a worker of its own, made there by the file of {@link makers} in worker.ts. */
export interface InWorker<O extends object> {
  readonly oracle: Remote<O>;
  /** Ends the worker, in the middle of a question too. */
  close(): void;
}

/** A question may take so long, in milliseconds: the first one waits for data and for WebAssembly. */
const patience = 120_000;

/** @throws what made it impossible there, and as `connect` of the core */
export async function inWorker<O extends object>(
  room: string,
  settings: object,
  signal: AbortSignal,
): Promise<InWorker<O>> {
  // Its name tells the worker what to make.
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
