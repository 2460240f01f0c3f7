import { withDefaults } from '@overparam/core';
import { dataError, type DataErrorCode } from './data-error.ts';
import { decompressed } from './decompressed.ts';
import { toUtf8 } from './foreign-format.ts';
import { sourceDefaults, type Source, type SourceOptions } from './source.ts';

export interface TextOptions extends SourceOptions {
  /**
   * Accept a last line that does not end in a line break. Off by default: a file cut off within its last number would
   * pass for a whole one.
   */
  readonly unterminated?: boolean | undefined;
}

export const textDefaults: Required<TextOptions> = { ...sourceDefaults, unterminated: false };

/** A line, or a record of several, of more bytes is taken for something else. */
export const longestLine: number = 2 ** 25;

/** The lines of UTF-8 text, plain or gzip, without their line breaks (LF or CR LF). `number` counts from 1. */
export async function* lines(
  source: Source,
  given: TextOptions = {},
): AsyncGenerator<{ readonly text: string; readonly number: number }, void, undefined> {
  const { unterminated, ...options } = withDefaults('lines', textDefaults, given);
  const { name } = options;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let begun: Uint8Array[] = [];
  let length = 0;
  const fail = (code: DataErrorCode, what: string): Error => dataError(code, name, `line ${number + 1}`, what);
  const line = (end: Uint8Array): { text: string; number: number } => {
    number++;
    const bytes = begun.length === 0 ? end : concatenated([...begun, end]);
    begun = [];
    length = 0;
    if (bytes.includes(0))
      throw dataError(
        'DATA_WRONG_FORMAT',
        name,
        `line ${number}`,
        `there are zero bytes, as in UTF-16 text or a binary file: if it is text, ${toUtf8}.`,
      );
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
    if (start === piece.length) continue;
    begun.push(piece.slice(start));
    length += piece.length - start;
    if (length > longestLine)
      throw hasReturns(begun)
        ? fail('DATA_WRONG_FORMAT', returnsAlone)
        : fail('DATA_TOO_LARGE', `the line has more than ${longestLine} bytes: this is no file of short lines.`);
  }
  if (begun.length === 0) return;
  if (number === 0 && hasReturns(begun)) throw fail('DATA_WRONG_FORMAT', returnsAlone);
  if (!unterminated)
    throw dataError(
      'DATA_TRUNCATED',
      name,
      `line ${number + 1}`,
      'the last line has no line break, as in a file that was cut off; pass { unterminated: true } if the file is whole.',
    );
  yield line(new Uint8Array(0));
}

const returnsAlone =
  "the lines end in CR alone, as on old Macs: convert the line breaks to LF, as with tr '\\r' '\\n'.";

/** Whether there is a CR before the last byte: one at the very end may be half of a line break that was cut off. */
const hasReturns = (parts: readonly Uint8Array[]): boolean =>
  parts.some((part, i) => {
    const at = part.indexOf(13);
    return at >= 0 && (i < parts.length - 1 || at < part.length - 1);
  });

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
