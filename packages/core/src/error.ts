/**
 * The one class of errors that overparam throws by itself. `code` says which; the message names the value and the remedy.
 * Errors of the user's own functions pass through, or arrive as the `cause`.
 */
export class OverparamError<Code extends string = string> extends Error {
  override readonly name = 'OverparamError';
  readonly code: Code;
  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The codes of the errors that the core throws. */
export type CoreErrorCode =
  | 'ABANDON_FAILED'
  | 'ABORTED'
  | 'ASYNC_ANSWER'
  | 'BAD_OPTION'
  | 'CHECKPOINT_DAMAGED'
  | 'CHECKPOINT_FOREIGN'
  | 'CHECKPOINT_NEWER'
  | 'MISSING_QUESTION'
  | 'NOT_CLONEABLE'
  | 'NOT_LINEARIZED'
  | 'NO_ANSWER'
  | 'PORT_CLOSED'
  | 'STATE_NOT_PLAIN'
  | 'STEP_FAILED'
  | 'UNDECLARED_QUESTION'
  | 'UNKNOWN_OPTION';

/** True for an overparam error (of any copy of this package), with that code where one is given. */
export function isOverparamError<Code extends string = string>(
  error: unknown,
  code?: Code,
): error is OverparamError<Code> {
  return (
    error instanceof Error &&
    error.name === 'OverparamError' &&
    (code === undefined || (error as OverparamError).code === code)
  );
}

/** The error of an option out of its range: `c is 2: it takes a number between 0 and 1.` */
export function badOption(name: string, value: unknown, takes: string): OverparamError<'BAD_OPTION'> {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new OverparamError('BAD_OPTION', `${name} is ${shown}: it takes ${takes}.`);
}

/** For a backend: the error of a question that was asked before there was a direction. */
export const notLinearized = (question: string): OverparamError<'NOT_LINEARIZED'> =>
  new OverparamError('NOT_LINEARIZED', `'${question}' was asked before 'linearize' in this step: ask that first.`);

/** For a backend: the step of a question, if it is finite. @throws OverparamError `BAD_OPTION` */
export function finiteStep(question: string, step: number): number {
  if (!Number.isFinite(step)) throw badOption(`The step of '${question}'`, step, 'a finite number');
  return step;
}
