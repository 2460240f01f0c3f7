import { Worker } from 'node:worker_threads';
import { listenToSignals } from '../command/interrupt.ts';
import type { FromThread, StreamName, ThreadData, ToThread } from './messages.ts';

const STREAMS = ['stdout', 'stderr'] as const;

/**
 * The process `overparam`: runs the command in a thread, and sets the exit code.
 *
 * A training step may block its thread for minutes. The main thread is free all the time, so it hears the first interrupt
 * at once, and stops listening: the second one ends the process.
 */
export function runProcess(argv: readonly string[]): void {
  const hasParent = process.connected;
  const streams = Object.fromEntries(
    STREAMS.map((name) => [name, { isTTY: process[name].isTTY === true, columns: process[name].columns }]),
  ) as ThreadData['streams'];
  const thread = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: { argv, hasParent, streams } satisfies ThreadData,
  });
  const tell = (message: ToThread): void => thread.postMessage(message);

  let release = (): void => undefined;
  const receive: { [Type in FromThread['type']]: (message: Extract<FromThread, { type: Type }>) => void } = {
    write: ({ stream, text }) => void process[stream].write(text),
    listen({ on }) {
      release();
      release = on ? listenToSignals(process, () => tell({ type: 'interrupt' })) : () => undefined;
    },
    send: ({ message }) => void (process.connected && process.send!(message)),
    done({ code }) {
      process.exitCode = code;
      if (process.connected) process.disconnect();
      void thread.terminate();
    },
  };
  thread.on('message', (message: FromThread) => receive[message.type](message as never));
  thread.on('error', (error) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
  // A command that ends without saying so has failed: nothing was left to wait for.
  process.exitCode = 1;
  for (const stream of STREAMS)
    process[stream].on('resize', () => tell({ type: 'columns', stream: stream as StreamName, columns: process[stream].columns })); // prettier-ignore
  if (!hasParent) return;
  process.on('message', (message) => tell({ type: 'message', message }));
  // The parent asks for a run to be saved before it disconnects. When it has died, this process ends at once.
  process.on('disconnect', () => process.exit(0));
  // The terminal interrupts all processes together, and the parent decides what to do.
  process.on('SIGINT', () => undefined);
}
