import { badOption } from '@overparam/core';

/** The number, if it is finite and not below 0. @throws OverparamError `BAD_OPTION` */
export function notNegative(name: string, value: number): number {
  if (!(Number.isFinite(value) && value >= 0)) throw badOption(name, value, 'a finite number >= 0');
  return value;
}
