import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { main } from '../command/main.ts';
import type { Terminal } from '../command/terminal.ts';
import type { FromThread, StreamName, ThreadData, ToThread } from './messages.ts';

const { argv, hasParent, streams } = workerData as ThreadData;
const tell = (message: FromThread): void => parentPort!.postMessage(message);

const streamNamed = (stream: StreamName): Writable & { columns: number | undefined } =>
  Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _, done) {
        tell({ type: 'write', stream, text: chunk.toString() });
        done();
      },
    }),
    streams[stream],
  );
const [stdout, stderr] = [streamNamed('stdout'), streamNamed('stderr')];

let interrupted = (): void => undefined;
let heard: (message: unknown) => void = () => undefined;
parentPort!.on('message', (message: ToThread) => {
  if (message.type === 'interrupt') interrupted();
  if (message.type === 'columns') (message.stream === 'stdout' ? stdout : stderr).columns = message.columns;
  if (message.type === 'message') heard(message.message);
});

const terminal: Terminal = {
  stdout,
  stderr,
  listen(listener) {
    interrupted = listener;
    tell({ type: 'listen', on: true });
    return () => tell({ type: 'listen', on: false });
  },
  ...(hasParent && {
    parent: {
      send: (message: object) => tell({ type: 'send', message }),
      onMessage: (listener: (message: unknown) => void) => (heard = listener),
    },
  }),
};

tell({ type: 'done', code: await main(argv, terminal) });
