import { checkMaxBytes } from './max-bytes.ts';
import { dataError } from './data-error.ts';
import { pieces, type Source, type SourceOptions } from './source.ts';

/**
 * The source's bytes, piece by piece, decompressed when they begin with gzip's magic bytes 1f 8b.
 *
 * gzip's CRC-32 and length are checked (by the platform's `DecompressionStream`), and nothing is read beyond `maxBytes`.
 */
export async function* decompressed(
  source: Source,
  { name, maxBytes }: SourceOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const limit = checkMaxBytes(maxBytes);
  let offset = 0;
  for await (const piece of gunzipped(pieces(source), name)) {
    offset += piece.length;
    if (offset > limit)
      throw dataError(
        'DATA_TOO_LARGE',
        name,
        `byte ${limit}`,
        `the file holds more than maxBytes = ${limit} bytes; pass a larger maxBytes if it should.`,
      );
    yield piece;
  }
}

async function* gunzipped(bytes: AsyncGenerator<Uint8Array>, name: string | undefined): AsyncGenerator<Uint8Array> {
  let head = new Uint8Array(0);
  while (head.length < 2) {
    const { done, value } = await bytes.next();
    if (done) break;
    head = joined(head, value);
  }
  const all = prepended(head, bytes);
  if (!(head[0] === 0x1f && head[1] === 0x8b)) {
    yield* all;
    return;
  }
  const { readable, writable } = new DecompressionStream('gzip');
  let failure: { readonly cause: unknown } | undefined;
  const fed = feed(all, writable.getWriter()).catch((cause: unknown) => void (failure = { cause }));
  let offset = 0;
  try {
    for await (const piece of pieces(readable)) {
      offset += piece.length;
      yield piece;
    }
    await fed;
  } catch (error) {
    await fed;
    // An error of the source itself (a file that is not there) is not the gzip format's.
    if (failure) throw failure.cause;
    throw dataError(
      'DATA_DAMAGED',
      name,
      `byte ${offset} of the decompressed data`,
      `the gzip stream is damaged or cut off (${(error as Error).message}); fetch the file again.`,
      error,
    );
  }
}

/**
 * Writes one piece after the other, each when the one before is decompressed and its bytes are taken: Node's
 * DecompressionStream would buffer 16,384 pieces. Rejects with the source's own errors only.
 */
async function feed(bytes: AsyncGenerator<Uint8Array>, writer: WritableStreamDefaultWriter): Promise<void> {
  try {
    for await (const piece of bytes)
      try {
        await writer.write(piece);
      } catch {
        return; // The reading side has the error, or has stopped.
      }
  } catch (error) {
    await writer.abort(error);
    throw error;
  }
  await writer.close().catch(() => undefined);
}

async function* prepended(head: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
