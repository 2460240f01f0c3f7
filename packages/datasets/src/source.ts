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
  /** How many bytes at most, after decompression; 2^30 by default. A gzip file of a few kilobytes can hold gigabytes. */
  readonly maxBytes?: number | undefined;
}

/** The source's bytes, piece by piece, as they are stored. */
export async function* pieces(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Uint8Array) yield source;
  else if (source instanceof ArrayBuffer) yield new Uint8Array(source);
  else if (Symbol.asyncIterator in source) yield* source;
  else {
    const reader = source.getReader();
    let ended = false;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (value) yield value;
      }
      ended = true;
    } finally {
      if (!ended) await reader.cancel();
    }
  }
}
