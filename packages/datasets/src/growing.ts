import { dataError } from './data-error.ts';

/**
 * A Float64Array whose final length is not known: `push`, then `array()`.
 * @param full makes the error when it would be larger than `maxBytes`
 */
export function growing(
  maxBytes: number,
  full: () => Error,
): { push(value: number): void; readonly length: number; array(): Float64Array } {
  let values = new Float64Array(Math.min(1024, Math.floor(maxBytes / 8)));
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        if (8 * (length + 1) > maxBytes) throw full();
        const larger = new Float64Array(Math.min(2 * length, Math.floor(maxBytes / 8)));
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    get length() {
      return length;
    },
    array: () => values.slice(0, length),
  };
}

/** The error of a result that is larger than `maxBytes`. */
export const tooManyNumbers = (name: string | undefined, line: number, maxBytes: number): Error =>
  dataError(
    'DATA_TOO_LARGE',
    name,
    `line ${line}`,
    `the numbers up to here fill maxBytes = ${maxBytes} bytes; pass a larger maxBytes if there should be more.`,
  );
