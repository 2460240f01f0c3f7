import { withDefaults } from '@overparam/core';
import { dataError } from './data-error.ts';
import { decimal } from './decimal.ts';
import { lines, textDefaults, type TextOptions } from './lines.ts';
import type { Source } from './source.ts';

/** A data set of NIST's Statistical Reference Datasets for nonlinear regression, without its model. */
export interface NistStrd {
  readonly name: string;
  readonly difficulty: 'lower' | 'average' | 'higher';
  /** Two starts, P numbers each. */
  readonly starts: readonly (readonly number[])[];
  /** The certified estimate of the P parameters, to 11 digits, and its standard errors. */
  readonly certified: readonly number[];
  readonly standardDeviations: readonly number[];
  readonly residualSumOfSquares: number;
  readonly residualStandardDeviation: number;
  /** N - P */
  readonly degreesOfFreedom: number;
  /** y, N numbers. */
  readonly response: readonly number[];
  /** x, or x1 and x2: N numbers each. */
  readonly predictors: readonly (readonly number[])[];
}

/**
 * Reads a file of the NIST Statistical Reference Datasets, nonlinear regression (*.dat), plain or gzip.
 *
 * @throws OverparamError `DATA_WRONG_FORMAT`, `DATA_MALFORMED`, `DATA_TRUNCATED`, `DATA_OVERSIZED`, `DATA_DAMAGED`,
 *   `DATA_TOO_LARGE`, with the line number
 */
export async function readNistStrd(source: Source, given: TextOptions = {}): Promise<NistStrd> {
  const options = withDefaults('readNistStrd', textDefaults, given);
  const text: string[] = [];
  for await (const line of lines(source, options)) text.push(line.text.trimEnd());
  const fail = (code: Parameters<typeof dataError>[0], i: number, what: string): Error =>
    dataError(code, options.name, `line ${i + 1}`, what);
  /** The first line that fits, and where it is. */
  const find = (pattern: RegExp, what: string): { readonly i: number; readonly match: RegExpExecArray } => {
    for (const [i, line] of text.entries()) {
      const match = pattern.exec(line);
      if (match) return { i, match };
    }
    throw fail('DATA_WRONG_FORMAT', text.length, `there is no ${what}: this is no file of the NIST StRD.`);
  };
  const figure = (label: string): number => {
    const { i, match } = find(new RegExp(`^${label}: *(\\S+)$`), `line '${label}:'`);
    const value = decimal(match[1]!);
    if (value === undefined) throw fail('DATA_MALFORMED', i, `${JSON.stringify(match[1])} is no number.`);
    return value;
  };
  const row = (i: number, fields: readonly string[], columns: number): number[] => {
    const values = fields.map((field) => decimal(field));
    if (fields.length !== columns || values.some((value) => value === undefined))
      throw fail('DATA_MALFORMED', i, `${JSON.stringify(text[i])} is not ${columns} numbers.`);
    return values as number[];
  };

  const name = find(/^Dataset Name: +(\w+)/, "line 'Dataset Name:'").match[1]!;
  const difficulty = find(/(Lower|Average|Higher) Level of Difficulty/, 'level of difficulty').match[1]!.toLowerCase();
  const predictorCount = Number(find(/(\d) +Predictors?\b/, 'number of predictors').match[1]);
  const parameters = text.flatMap((line, i) => {
    const match = /^ *b\d+ *= *(.*)$/.exec(line);
    return match ? [row(i, match[1]!.trim().split(/\s+/), 4)] : [];
  });
  if (parameters.length === 0) throw fail('DATA_WRONG_FORMAT', text.length, 'there are no certified values.');
  const [first, last] = find(/^ *Data +\(lines +(\d+) +to +(\d+)\)/, 'line that says where the data are')
    .match.slice(1)
    .map(Number) as [number, number];
  if (text.length < last)
    throw fail('DATA_TRUNCATED', text.length, `the file ends before line ${last}, where its data end.`);
  const beyond = text.findIndex((line, i) => i >= last && line !== '');
  if (beyond >= 0) throw fail('DATA_OVERSIZED', beyond, `the data end at line ${last}.`);
  const data = text
    .slice(first - 1, last)
    .map((line, i) => row(first - 1 + i, line.trim().split(/\s+/), 1 + predictorCount));
  const observations = figure('Number of Observations');
  if (data.length !== observations)
    throw fail('DATA_MALFORMED', first - 1, `there are ${data.length} rows, and ${observations} observations.`);
  const column = (rows: readonly number[][], j: number): number[] => rows.map((values) => values[j]!);
  return {
    name,
    difficulty: difficulty as NistStrd['difficulty'],
    starts: [column(parameters, 0), column(parameters, 1)],
    certified: column(parameters, 2),
    standardDeviations: column(parameters, 3),
    residualSumOfSquares: figure('Residual Sum of Squares'),
    residualStandardDeviation: figure('Residual Standard Deviation'),
    degreesOfFreedom: figure('Degrees of Freedom'),
    response: column(data, 0),
    predictors: Array.from({ length: predictorCount }, (_, j) => column(data, j + 1)),
  };
}
