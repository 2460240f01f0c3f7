/** Makes a value that must not be changed throw where it is; typed arrays cannot be frozen, and stay as they are. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** What to say of an error that a change of a frozen value threw; undefined for any other. */
export const changeOfFrozen = (error: unknown): string | undefined =>
  error instanceof TypeError && /read only|not extensible|delete property/.test(error.message)
    ? `it changes a frozen state: ${error.message}`
    : undefined;
