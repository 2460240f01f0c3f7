import { type WorkerData, workerScript } from './worker.ts';

/** A thread that was started. */
export interface Thread {
  terminate(): void;
}

/** What a thread reports: that it is ready, or, once, that it has ended, with the reason if there is one. */
export interface Events {
  ready(): void;
  gone(reason: string): void;
}

/** Starts a thread. Throws where none can be started. */
export type Spawn = (data: WorkerData, events: Events) => Thread;

interface NodeWorker {
  on(event: 'message' | 'exit' | 'error', listener: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}

interface NodeThreads {
  readonly Worker: new (script: string, options: object) => NodeWorker;
}

/** How many threads compute at once here. */
export function processors(): number {
  const os = nodeModule('node:os') as { availableParallelism(): number } | undefined;
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** A thread of Node, or a worker of a browser. */
export const spawn: Spawn = (data, events) => {
  const node = nodeModule('node:worker_threads') as NodeThreads | undefined;
  return node ? spawnInNode(node, data, events) : spawnInBrowser(data, events);
};

function spawnInNode({ Worker }: NodeThreads, workerData: WorkerData, events: Events): Thread {
  // Without the options and the environment of this process: what they preload is none of the worker's business.
  const worker = new Worker(workerScript, { eval: true, execArgv: [], env: {}, workerData });
  let reason = '';
  worker.on('message', () => {
    // From now on a process may end while the worker waits.
    worker.unref();
    events.ready();
  });
  worker.on('error', (error) => (reason = String((error as Error | undefined)?.message ?? error)));
  worker.on('exit', (code) => events.gone(reason || `it exited with code ${String(code)}`));
  return { terminate: () => void worker.terminate() };
}

function spawnInBrowser(data: WorkerData, events: Events): Thread {
  const address = URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
  const worker = new Worker(address);
  worker.onmessage = () => {
    URL.revokeObjectURL(address);
    events.ready();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    URL.revokeObjectURL(address);
    events.gone(event.message || 'its script was refused; a content security policy needs worker-src blob:');
  };
  worker.postMessage(data);
  return { terminate: () => worker.terminate() };
}

/** Asking the process for Node's modules keeps `node:` imports out of browser bundles. */
function nodeModule(name: string): unknown {
  const { process } = globalThis as {
    process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown };
  };
  return process?.versions?.node === undefined ? undefined : process.getBuiltinModule?.(name);
}
