import { badOption } from '@overparam/core';
import type { DenseArray } from './array.ts';
import { dataError } from './data-error.ts';
import { decimal } from './decimal.ts';
import { growing } from './growing.ts';
import { lines, type TextOptions } from './lines.ts';
import type { Source } from './source.ts';

export interface LibsvmOptions extends TextOptions {
  /** How many features; by default the largest index in the file. A larger index is then an error. */
  readonly features?: number | undefined;
  /** The labels that may occur, for classification. Any number by default. */
  readonly classes?: readonly number[] | undefined;
  /** How many rows there must be. Not checked by default, and then a file cut off at a line break is not noticed. */
  readonly rows?: number | undefined;
}

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
}

/**
 * Reads LIBSVM's text format, `label index:value index:value ...`, plain or gzip; indices count from 1 in the file and
 * from 0 in the result. `#` begins a comment.
 *
 * @throws OverparamError `DATA_MALFORMED`, `DATA_WRONG_LABEL`, `DATA_TRUNCATED`, `DATA_OVERSIZED`, `DATA_WRONG_FORMAT`,
 *   `DATA_DAMAGED`, `DATA_TOO_LARGE`, with the line number
 */
export async function readLibsvm(
  source: Source,
  { features, classes, rows, ...options }: LibsvmOptions = {},
): Promise<SparseRows> {
  if (features !== undefined && !(Number.isInteger(features) && features > 0))
    throw badOption('features', features, 'a whole number > 0');
  const { name } = options;
  const labels = growing();
  const starts = growing();
  const columns = growing();
  const values = growing();
  let largest = 0;
  let lastLine = 0;
  for await (const { text, number } of lines(source, options)) {
    lastLine = number;
    const place = `line ${number}`;
    const [label, ...entries] = text.replace(/#.*$/, '').trim().split(/\s+/) as [string, ...string[]];
    if (label === '' && entries.length === 0) continue;
    const y = decimal(label);
    if (y === undefined)
      throw dataError('DATA_MALFORMED', name, place, `the label is ${JSON.stringify(label)}, which is no number.`);
    if (classes && !classes.includes(y))
      throw dataError('DATA_WRONG_LABEL', name, place, `the label is ${y}, and the classes are ${classes.join(', ')}.`);
    if (labels.length === rows)
      throw dataError('DATA_OVERSIZED', name, place, `the file goes on after the ${rows} rows asked for.`);
    labels.push(y);
    starts.push(columns.length);
    let previous = 0;
    for (const entry of entries) {
      const [, index, value] = /^(\d+):(.+)$/.exec(entry) ?? [];
      const column = Number(index);
      const x = value === undefined ? undefined : decimal(value);
      if (x === undefined || !Number.isSafeInteger(column) || column > 0xffffffff)
        throw dataError('DATA_MALFORMED', name, place, `${JSON.stringify(entry)} is not index:value.`);
      if (column <= previous)
        throw dataError(
          'DATA_MALFORMED',
          name,
          place,
          column === 0 ? 'index 0: LIBSVM counts from 1.' : `index ${column} comes after ${previous}; they ascend.`,
        );
      if (features !== undefined && column > features)
        throw dataError('DATA_MALFORMED', name, place, `index ${column}, and there are ${features} features.`);
      columns.push(column - 1);
      values.push(x);
      previous = column;
    }
    largest = Math.max(largest, previous);
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
    shape: [labels.length, features ?? largest],
    labels: labels.array(),
    starts: Uint32Array.from(starts.array()),
    columns: Uint32Array.from(columns.array()),
    values: values.array(),
  };
}

/** The same rows with their zeros: shape [rows, features]. */
export function dense({ shape, starts, columns, values }: SparseRows): DenseArray<Float64Array> {
  const [rows, features] = shape;
  const data = new Float64Array(rows * features);
  for (let i = 0; i < rows; i++)
    for (let entry = starts[i]!; entry < starts[i + 1]!; entry++) data[i * features + columns[entry]!] = values[entry]!;
  return { shape, data };
}
