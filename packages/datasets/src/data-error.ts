import { OverparamError } from '@overparam/core';

/** The codes of the errors that the readers throw. */
export type DataErrorCode =
  /** The file ends before it should. */
  | 'DATA_TRUNCATED'
  /** The file goes on after it should have ended. */
  | 'DATA_OVERSIZED'
  /** The file is of another format. */
  | 'DATA_WRONG_FORMAT'
  /** A label is none of the classes. */
  | 'DATA_WRONG_LABEL'
  /** A value, a line or a character breaks the format. */
  | 'DATA_MALFORMED'
  /** A gzip file fails its check sum or its structure. */
  | 'DATA_DAMAGED'
  /** The file is larger than `maxBytes`. */
  | 'DATA_TOO_LARGE';

/** An error of a data file: `train-labels: byte 12: label 17 is ...`. */
export function dataError(
  code: DataErrorCode,
  name: string | undefined,
  place: string,
  what: string,
  cause?: unknown,
): OverparamError<DataErrorCode> {
  return new OverparamError(code, `${name ?? 'data'}: ${place}: ${what}`, cause === undefined ? {} : { cause });
}
