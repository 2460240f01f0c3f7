import { badOption } from '@overparam/core';

/** `maxBytes`, checked, or its default of 2^30. */
export function checkMaxBytes(maxBytes: number | undefined = 2 ** 30): number {
  if (!(maxBytes > 0)) throw badOption('maxBytes', maxBytes, 'a number of bytes > 0');
  return maxBytes;
}
