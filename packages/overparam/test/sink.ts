import { Writable } from 'node:stream';

/** A stream that keeps what is written to it. */
export function sink(): Writable & { text: string } {
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      stream.text += chunk.toString();
      done();
    },
  }) as Writable & { text: string };
  stream.text = '';
  return stream;
}
