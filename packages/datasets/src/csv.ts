import { badOption, withDefaults } from '@overparam/core';
import type { DenseArray } from './array.ts';
import { dataError } from './data-error.ts';
import { decimal } from './decimal.ts';
import { growing, tooManyNumbers } from './growing.ts';
import { lines, longestLine, textDefaults, type TextOptions } from './lines.ts';
import { checkMaxBytes, type Source } from './source.ts';

export interface CsvOptions extends TextOptions {
  /** True (the default) when the first line holds the columns' names; else they are named '0', '1', ... */
  readonly header?: boolean | undefined;
  /** One character; a comma by default. */
  readonly separator?: string | undefined;
  /** Columns of text, by name: their values are numbered in the order in which they first occur. `true`: all. */
  readonly categorical?: readonly string[] | true | undefined;
  /** Fields that stand for a value that is not there, read as NaN: `['', '?']`. None by default. */
  readonly missing?: readonly string[] | undefined;
  /** How many rows there must be. Not checked by default, and then a file cut off at a line break is not noticed. */
  readonly rows?: number | undefined;
}

/** `shape` is [rows, columns]. */
export interface Table extends DenseArray<Float64Array> {
  readonly columns: readonly string[];
  /** For each categorical column, by name, the texts that 0, 1, ... stand for. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads numbers from comma-separated text (RFC 4180: quoted fields, which may hold separators and line breaks), plain or gzip.
 *
 * @throws OverparamError `DATA_MALFORMED` (a field that is no number, a row of another length, a quote out of place),
 *   `DATA_TRUNCATED`, `DATA_OVERSIZED`, `DATA_WRONG_FORMAT`, `DATA_DAMAGED`, `DATA_TOO_LARGE`, with the line number
 */
export async function readCsv(source: Source, given: CsvOptions = {}): Promise<Table> {
  const { header, separator, categorical, missing, rows, ...options } = withDefaults(
    'readCsv',
    defaults,
    given,
  ) as Settled;
  if (typeof separator !== 'string' || separator.length !== 1 || separator === '"')
    throw badOption('separator', separator, 'one character, not a quote');
  const { name } = options;
  let lastLine = 0;
  const data = growing(checkMaxBytes(options.maxBytes!), () => tooManyNumbers(name, lastLine, options.maxBytes!));
  let columns: readonly string[] | undefined;
  let codes: (Map<string, number> | undefined)[] = [];
  let count = 0;
  const start = (names: readonly string[], place: string): void => {
    if (new Set(names).size < names.length)
      throw dataError('DATA_MALFORMED', name, place, `two columns have one name: ${names.join(', ')}.`);
    if (categorical !== true) {
      const unknown = categorical.find((wanted) => !names.includes(wanted));
      if (unknown !== undefined) throw badOption('categorical', unknown, `columns of the file (${names.join(', ')})`);
    }
    columns = names;
    codes = names.map((column) => (categorical === true || categorical.includes(column) ? new Map() : undefined));
  };
  for await (const { fields, number, last } of records(source, separator, options)) {
    lastLine = last;
    const place = `line ${number}`;
    if (!columns) {
      start(header ? fields : fields.map((_, i) => String(i)), place);
      if (header) continue;
    }
    const names = columns!;
    if (fields.length !== names.length)
      throw dataError('DATA_MALFORMED', name, place, `there are ${fields.length} fields for ${names.length} columns.`);
    if (count === rows)
      throw dataError('DATA_OVERSIZED', name, place, `the file goes on after the ${rows} rows asked for.`);
    count++;
    fields.forEach((field, i) => {
      const known = codes[i];
      if (missing.includes(field)) return data.push(NaN);
      if (known) {
        if (!known.has(field)) known.set(field, known.size);
        return data.push(known.get(field)!);
      }
      const value = decimal(field.trim());
      if (value === undefined)
        throw dataError(
          'DATA_MALFORMED',
          name,
          place,
          `column '${names[i]}' has ${JSON.stringify(field)}, which is not a number; ${remedy(names[i]!, field)}.`,
        );
      data.push(value);
    });
  }
  if (count < (rows ?? 1))
    throw dataError(
      'DATA_TRUNCATED',
      name,
      `line ${lastLine + 1}`,
      `the file ends after ${count} rows${rows === undefined ? '' : ` of ${rows}`}.`,
    );
  const names = columns!;
  return {
    shape: [count, names.length],
    data: data.array(),
    columns: names,
    categories: Object.fromEntries(names.flatMap((column, i) => (codes[i] ? [[column, [...codes[i].keys()]]] : []))),
  };
}

const defaults: Required<CsvOptions> = {
  ...textDefaults,
  header: true,
  separator: ',',
  categorical: [],
  missing: [],
  rows: undefined,
};

type Settled = Required<CsvOptions> & { [Name in 'header' | 'separator' | 'categorical' | 'missing']-?: NonNullable<CsvOptions[Name]> }; // prettier-ignore

/** What helps with a field that is not a number. */
function remedy(column: string, field: string): string {
  const separator = [';', '\t', '|'].find((character) => field.includes(character));
  if (separator !== undefined) return `pass { separator: ${JSON.stringify(separator)} } if it separates the columns`;
  if (/^\s*(|\?|-|na|n\/a|nan|null|none)\s*$/i.test(field))
    return `pass { missing: [${JSON.stringify(field)}] } if it stands for a missing value`;
  return `pass { categorical: [${JSON.stringify(column)}] } for a column of text`;
}

interface Row {
  readonly fields: readonly string[];
  /** The lines on which the record begins and ends. */
  readonly number: number;
  readonly last: number;
}

async function* records(source: Source, separator: string, options: TextOptions): AsyncGenerator<Row, void, undefined> {
  let text: string | undefined;
  let number = 0;
  let quotes = 0;
  for await (const line of lines(source, options)) {
    if (text === undefined) {
      if (line.text === '') continue;
      number = line.number;
      text = line.text;
      quotes = 0;
    } else text += `\n${line.text}`;
    if (text.length > longestLine)
      throw dataError(
        'DATA_MALFORMED',
        options.name,
        `line ${number}`,
        `a quoted field that begins here is still open after ${longestLine} characters.`,
      );
    for (let i = line.text.indexOf('"'); i >= 0; i = line.text.indexOf('"', i + 1)) quotes++;
    // An odd number of quotes: one is open, and its field goes on in the next line.
    if (quotes % 2 === 1) continue;
    yield { fields: split(text, separator, options.name, number), number, last: line.number };
    text = undefined;
  }
  if (text !== undefined)
    throw dataError('DATA_TRUNCATED', options.name, `line ${number}`, 'a quoted field that begins here never ends.');
}

function split(text: string, separator: string, name: string | undefined, number: number): string[] {
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  const misplaced = (): Error =>
    dataError('DATA_MALFORMED', name, `line ${number}`, `field ${fields.length + 1} has a quote out of place.`);
  let at = 0;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        const close = text.indexOf('"', at);
        if (close < 0) throw misplaced();
        field += text.slice(at, close);
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      if (at < text.length && text[at] !== separator) throw misplaced();
    } else {
      const end = text.indexOf(separator, at);
      field = text.slice(at, end < 0 ? undefined : end);
      if (field.includes('"')) throw misplaced();
      at = end < 0 ? text.length : end;
    }
    fields.push(field);
    if (at >= text.length) return fields;
    at++;
  }
}
