import { badOption, OverparamError } from '@overparam/core';

/** What a web `ReadableStream` of bytes is read by. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/**
 * Where a reader takes bytes from: a whole file in memory, or a stream of it.
 *
 * In Node a stream is `createReadStream(path)`; in a browser `(await fetch(url)).body` or `file.stream()`.
 */
export type Source = Uint8Array | ArrayBuffer | AsyncIterable<Uint8Array> | ByteStream;

/** The options that every reader takes. */
export interface SourceOptions {
  /** The file's name, for messages. */
  readonly name?: string | undefined;
  /**
   * How many bytes at most, after decompression, and of the result: a few kilobytes of gzip can hold gigabytes.
   * @default 2 ** 29
   */
  readonly maxBytes?: number | undefined;
}

export const sourceDefaults: Required<SourceOptions> = { name: undefined, maxBytes: 2 ** 29 };

/** `maxBytes`, if it is a number of bytes. @throws OverparamError `BAD_OPTION` */
export function checkMaxBytes(maxBytes: number): number {
  if (!(maxBytes > 0)) throw badOption('maxBytes', maxBytes, 'a number of bytes > 0');
  return maxBytes;
}

/**
 * The source's bytes, piece by piece, as they are stored.
 * @throws OverparamError `BAD_OPTION` for something else than a source, which says how to make one of it
 */
export async function* pieces(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
  const whole = bytesOf(source);
  if (whole) yield whole;
  else if (isObject(source) && Symbol.asyncIterator in source)
    for await (const piece of source as AsyncIterable<unknown>) yield checkedPiece(piece);
  else if (isObject(source) && 'getReader' in source) {
    const reader = source.getReader();
    let ended = false;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (value !== undefined) yield checkedPiece(value);
      }
      ended = true;
    } finally {
      if (!ended) await reader.cancel();
    }
  } else throw noSource(source);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Bytes of this realm or of another, if the value holds bytes. */
function bytesOf(value: unknown): Uint8Array | undefined {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === 'Uint8Array') return value as Uint8Array;
  return tag === 'ArrayBuffer' ? new Uint8Array(value as ArrayBuffer) : undefined;
}

function checkedPiece(piece: unknown): Uint8Array {
  const bytes = bytesOf(piece);
  if (bytes) return bytes;
  const what = typeof piece === 'string' ? 'text: open it without an encoding' : `${nameOf(piece)}: it has to give Uint8Arrays`; // prettier-ignore
  throw new OverparamError('BAD_OPTION', `The source gives pieces of ${what}.`);
}

const nameOf = (value: unknown): string => {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === 'Object' ? 'an object' : `the type ${tag}`;
};

function noSource(source: unknown): Error {
  const takes = 'a reader takes a Uint8Array, an ArrayBuffer or a stream of bytes';
  const say = (what: string, remedy: string): Error =>
    new OverparamError('BAD_OPTION', `The source is ${what}: ${takes}; ${remedy}.`);
  if (typeof source === 'string') {
    const shown = JSON.stringify(source.length > 60 ? `${source.slice(0, 60)}...` : source);
    if (/^https?:\/\//i.test(source)) return say(`the address ${shown}`, 'pass (await fetch(address)).body');
    if (/[\r\n]/.test(source)) return say('text', 'pass new TextEncoder().encode(text)');
    return say(`the path ${shown}`, 'pass createReadStream(path) of node:fs, or new TextEncoder().encode(text) if it is the text itself'); // prettier-ignore
  }
  switch (Object.prototype.toString.call(source).slice(8, -1)) {
    case 'URL':
      return say('a URL', 'pass createReadStream(url) of node:fs for a file, or (await fetch(url)).body');
    case 'Response':
      return say('a Response', 'pass its body');
    case 'Blob':
    case 'File':
      return say('a Blob or File', 'pass file.stream()');
    case 'Promise':
      return say('a promise', 'await it first');
    case 'Null':
      return say('null', 'a response without a body has none');
    case 'Undefined':
      return say('undefined', 'pass one');
  }
  if (ArrayBuffer.isView(source)) return say(nameOf(source), 'pass new Uint8Array(array.buffer, array.byteOffset, array.byteLength)'); // prettier-ignore
  return say(nameOf(source), 'make one of it');
}
