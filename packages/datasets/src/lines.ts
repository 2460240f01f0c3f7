import { dataError } from './data-error.ts';
import { decompressed } from './decompressed.ts';
import type { Source, SourceOptions } from './source.ts';

export interface TextOptions extends SourceOptions {
  /**
   * Accept a last line that does not end in a line break. Off by default: a file cut off within its last number would
   * pass for a whole one.
   */
  readonly unterminated?: boolean | undefined;
}

/** The lines of UTF-8 text, plain or gzip, without their line breaks (LF or CR LF). `number` counts from 1. */
export async function* lines(
  source: Source,
  { unterminated = false, ...options }: TextOptions = {},
): AsyncGenerator<{ readonly text: string; readonly number: number }, void, undefined> {
  const { name } = options;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let begun: Uint8Array[] = [];
  const line = (end: Uint8Array): { text: string; number: number } => {
    number++;
    const bytes = begun.length === 0 ? end : concatenated([...begun, end]);
    begun = [];
    try {
      const text = decoder.decode(bytes);
      return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
    } catch (cause) {
      throw dataError('DATA_WRONG_FORMAT', name, `line ${number}`, 'this is not UTF-8 text.', cause);
    }
  };
  for await (const piece of decompressed(source, options)) {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      yield line(piece.subarray(start, end));
      start = end + 1;
    }
    // A copy: a source may use its buffer again for the next piece.
    if (start < piece.length) begun.push(piece.slice(start));
  }
  if (begun.length === 0) return;
  if (!unterminated)
    throw dataError(
      'DATA_TRUNCATED',
      name,
      `line ${number + 1}`,
      'the last line has no line break, as in a file that was cut off; pass { unterminated: true } if the file is whole.',
    );
  yield line(new Uint8Array(0));
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
