import { OverparamError, nearestName } from '@overparam/core';

/** The error about a name that does not exist: suggests the nearest of all that do, and lists them. */
export function unknownName(code: string, what: string, name: string, known: readonly string[]): OverparamError {
  const near = nearestName(name, known);
  return new OverparamError(
    code,
    `There is no ${what} '${name.slice(0, 80)}'.${near === undefined ? '' : ` Did you mean '${near}'?`} There are ${known.join(', ')}.`,
  );
}
