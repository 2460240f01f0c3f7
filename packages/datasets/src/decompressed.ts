import { isOverparamError } from '@overparam/core';
import { dataError } from './data-error.ts';
import { foreignFormat, headLength } from './foreign-format.ts';
import { checkMaxBytes, pieces, type Source, type SourceOptions } from './source.ts';

/**
 * The source's bytes, piece by piece, decompressed when they begin with gzip's magic bytes 1f 8b.
 *
 * Formats that no reader reads are refused by name. gzip's CRC-32 and length are checked (by the platform's `DecompressionStream`), and nothing is read beyond `maxBytes`.
 */
export async function* decompressed(
  source: Source,
  { name, maxBytes }: Required<SourceOptions>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const limit = checkMaxBytes(maxBytes!);
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
  const { head, all } = await begun(bytes, name, false);
  if (!(head[0] === 0x1f && head[1] === 0x8b)) {
    yield* all;
    return;
  }
  const { readable, writable } = new DecompressionStream('gzip');
  let failure: { readonly cause: unknown } | undefined;
  const fed = feed(all, writable.getWriter()).catch((cause: unknown) => void (failure = { cause }));
  let offset = 0;
  try {
    const { all: content } = await begun(pieces(readable), name, true);
    for await (const piece of content) {
      offset += piece.length;
      yield piece;
    }
    await fed;
  } catch (error) {
    if (isOverparamError(error)) throw error;
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

/** The first bytes, and all of them again. @throws OverparamError `DATA_WRONG_FORMAT` */
async function begun(
  bytes: AsyncGenerator<Uint8Array>,
  name: string | undefined,
  unzipped: boolean,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncGenerator<Uint8Array> }> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < headLength) {
    const { done, value } = await bytes.next();
    if (done) break;
    head = head.length === 0 && value.length >= headLength ? value : joined(head, value);
  }
  const foreign = foreignFormat(head, unzipped);
  if (!foreign) return { head, all: prepended(head, bytes) };
  await bytes.return(undefined);
  const where = unzipped ? 'the file, which gzip has compressed,' : 'the file';
  throw dataError('DATA_WRONG_FORMAT', name, 'byte 0', `${where} ${foreign.what}: ${foreign.remedy}.`);
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
