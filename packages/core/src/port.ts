interface Posts {
  postMessage(message: unknown): void;
}

/** A `MessagePort`, `Worker`, or a worker's `self`, of a browser. */
export interface TargetPort extends Posts {
  addEventListener(type: string, listener: (event: object) => void): void;
  removeEventListener(type: string, listener: (event: object) => void): void;
  /** Of a `MessagePort`, which holds messages back until then. */
  start?(): void;
}

/** A `MessagePort`, `Worker` or `parentPort` of `node:worker_threads`. */
export interface EmitterPort extends Posts {
  on(type: string, listener: (value: unknown) => void): unknown;
  off(type: string, listener: (value: unknown) => void): unknown;
}

/** One end of a channel of structured clones. */
export type Port = TargetPort | EmitterPort;

/** Who listens at a port. */
export interface Listeners {
  readonly message: (message: unknown) => void;
  /** The port will bring no more; absent: nobody wants to know. */
  readonly closed?: (why: string) => void;
}

/** Listens until the returned function is called; nothing is left at the port then. */
export function listen(port: Port, { message, closed }: Listeners): () => void {
  if ('on' in port) {
    const all: Record<string, (value: unknown) => void> = { message };
    if (closed) {
      all['messageerror'] = (error) => closed(`a message could not be read: ${said(error)}`);
      all['error'] = (error) => closed(`the worker failed: ${said(error)}`);
      all['exit'] = (code) => closed(`the worker ended with exit code ${String(code)}`);
      all['close'] = () => closed('the port was closed');
    }
    for (const [type, listener] of Object.entries(all)) port.on(type, listener);
    return () => {
      for (const [type, listener] of Object.entries(all)) port.off(type, listener);
    };
  }
  const all: Record<string, (event: object) => void> = { message: (event) => message((event as Event).data) };
  if (closed) {
    all['messageerror'] = () => closed('a message could not be read');
    all['error'] = (event) => closed(`the worker failed: ${said(event)}`);
    all['close'] = () => closed('the port was closed');
  }
  for (const [type, listener] of Object.entries(all)) port.addEventListener(type, listener);
  port.start?.();
  return () => {
    for (const [type, listener] of Object.entries(all)) port.removeEventListener(type, listener);
  };
}

interface Event {
  readonly data?: unknown;
  readonly message?: unknown;
}

/** What an error, or an event of one, says; a script that is not there says nothing. */
const said = (error: unknown): string =>
  String((error as Event | null)?.message ?? 'its script could not be loaded, or threw');
