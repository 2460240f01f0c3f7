import { badOption, OverparamError, withDefaults } from '@overparam/core';
import type { DenseArray } from './array.ts';
import { dataError } from './data-error.ts';
import { decimal } from './decimal.ts';
import { growing, tooManyNumbers } from './growing.ts';
import { lines, textDefaults, type TextOptions } from './lines.ts';
import { checkMaxBytes, type Source } from './source.ts';

export interface LibsvmOptions extends TextOptions {
  /** How many features; by default the largest index in the file. A larger index is then an error. */
  readonly features?: number | undefined;
  /** The labels that may occur, for classification. Any number by default. */
  readonly classes?: readonly number[] | undefined;
  /** How many rows there must be. Not checked by default, and then a file cut off at a line break is not noticed. */
  readonly rows?: number | undefined;
  /**
   * Whether indices count from 0 in the file, as in those that scikit-learn's `dump_svmlight_file` writes by default.
   * @default false
   */
  readonly zeroBased?: boolean | undefined;
  /**
   * Whether to sort the entries of a row that are not in the order of their indices; otherwise they are an error.
   * @default false
   */
  readonly sort?: boolean | undefined;
}

const defaults: Required<LibsvmOptions> = {
  ...textDefaults,
  features: undefined,
  classes: undefined,
  rows: undefined,
  zeroBased: false,
  sort: false,
};

/** Rows of sparse features with a label each (compressed sparse rows). */
export interface SparseRows {
  /** [rows, features] */
  readonly shape: readonly [number, number];
  /** Shape [rows]. */
  readonly labels: Float64Array;
  /** Row i has the entries starts[i] ... starts[i + 1] - 1. Shape [rows + 1]. */
  readonly starts: Uint32Array;
  /** The entries' columns, from 0, ascending within a row. */
  readonly columns: Uint32Array;
  readonly values: Float64Array;
  /** The query of each row, in files for ranking (`qid:`); absent otherwise. Shape [rows]. */
  readonly queries?: Float64Array;
}

/**
 * Reads LIBSVM's text format, `label index:value index:value ...`, plain or gzip; indices count from 1 in the file
 * (from 0 with `zeroBased`) and from 0 in the result. `#` begins a comment, and `qid:` after the label gives the row's query.
 *
 * @throws OverparamError `DATA_MALFORMED`, `DATA_WRONG_LABEL`, `DATA_TRUNCATED`, `DATA_OVERSIZED`, `DATA_WRONG_FORMAT`,
 *   `DATA_DAMAGED`, `DATA_TOO_LARGE`, with the line number
 */
export async function readLibsvm(source: Source, given: LibsvmOptions = {}): Promise<SparseRows> {
  const { features, classes, rows, zeroBased, sort, ...options } = withDefaults('readLibsvm', defaults, given);
  if (features !== undefined && !(Number.isInteger(features) && features > 0))
    throw badOption('features', features, 'a whole number > 0');
  const { name } = options;
  const maxBytes = checkMaxBytes(options.maxBytes!);
  const first = zeroBased ? 0 : 1;
  let largest = first - 1;
  let lastLine = 0;
  const numbers = (): ReturnType<typeof growing> => growing(maxBytes, () => tooManyNumbers(name, lastLine, maxBytes));
  const [labels, starts, columns, values, queries] = [numbers(), numbers(), numbers(), numbers(), numbers()];
  for await (const { text, number } of lines(source, options)) {
    lastLine = number;
    const place = `line ${number}`;
    const [label, ...entries] = text.replace(/#.*$/, '').trim().split(/\s+/) as [string, ...string[]];
    if (label === '' && entries.length === 0) continue;
    const y = decimal(label);
    if (y === undefined)
      throw dataError(
        'DATA_MALFORMED',
        name,
        place,
        `the label is ${JSON.stringify(label)}, which is not a number; number the classes, or the values, first.`,
      );
    if (classes && !classes.includes(y))
      throw dataError('DATA_WRONG_LABEL', name, place, `the label is ${y}, and the classes are ${classes.join(', ')}.`);
    if (labels.length === rows)
      throw dataError('DATA_OVERSIZED', name, place, `the file goes on after the ${rows} rows asked for.`);
    labels.push(y);
    starts.push(columns.length);
    const query = /^qid:(\d+)$/.exec(entries[0] ?? '')?.[1];
    if (query !== undefined) {
      entries.shift();
      queries.push(Number(query));
    }
    if (queries.length !== 0 && queries.length !== labels.length)
      throw dataError('DATA_MALFORMED', name, place, `this row has ${query === undefined ? 'no' : 'a'} query (qid:), unlike those before.`); // prettier-ignore
    let previous = first - 1;
    const row: (readonly [column: number, x: number])[] = [];
    for (const entry of entries) {
      const [, index, value] = /^(\d+):(.+)$/.exec(entry) ?? [];
      const column = Number(index);
      const x = value === undefined ? undefined : decimal(value);
      if (x === undefined || !Number.isSafeInteger(column) || column > 0xffffffff)
        throw dataError('DATA_MALFORMED', name, place, `${JSON.stringify(entry)} is not index:value.`);
      if (column < first)
        throw dataError('DATA_MALFORMED', name, place, 'index 0: LIBSVM counts from 1; pass { zeroBased: true } if this file counts from 0.'); // prettier-ignore
      if (column <= previous && !sort)
        throw dataError('DATA_MALFORMED', name, place, `index ${column} comes after ${previous}; they ascend. Pass { sort: true } to sort them.`); // prettier-ignore
      if (features !== undefined && column - first >= features)
        throw dataError('DATA_MALFORMED', name, place, `index ${column}, and there are ${features} features.`);
      row.push([column, x]);
      previous = column;
    }
    if (sort) row.sort(([a], [b]) => a - b);
    row.forEach(([column, x], i) => {
      if (column === row[i - 1]?.[0])
        throw dataError('DATA_MALFORMED', name, place, `index ${column} occurs twice: a row has one value for each.`);
      columns.push(column - first);
      values.push(x);
      largest = Math.max(largest, column);
    });
  }
  if (labels.length < (rows ?? 1))
    throw dataError(
      'DATA_TRUNCATED',
      name,
      `line ${lastLine + 1}`,
      `the file ends after ${labels.length} rows${rows === undefined ? '' : ` of ${rows}`}.`,
    );
  starts.push(columns.length);
  return {
    shape: [labels.length, features ?? largest - first + 1],
    labels: labels.array(),
    starts: Uint32Array.from(starts.array()),
    columns: Uint32Array.from(columns.array()),
    values: values.array(),
    ...(queries.length > 0 && { queries: queries.array() }),
  };
}

/** Numbers in a dense array: 4 GiB. */
const mostDense = 2 ** 29;

/**
 * The same rows with their zeros: shape [rows, features].
 * @throws OverparamError `DATA_TOO_LARGE` above 4 GiB
 */
export function dense({ shape, starts, columns, values }: SparseRows): DenseArray<Float64Array> {
  const [rows, features] = shape;
  if (rows * features > mostDense)
    throw new OverparamError('DATA_TOO_LARGE', `${rows} rows of ${features} features are ${8 * rows * features} bytes with their zeros: use the sparse rows, or fewer features.`); // prettier-ignore
  const data = new Float64Array(rows * features);
  for (let i = 0; i < rows; i++)
    for (let entry = starts[i]!; entry < starts[i + 1]!; entry++) data[i * features + columns[entry]!] = values[entry]!;
  return { shape, data };
}
