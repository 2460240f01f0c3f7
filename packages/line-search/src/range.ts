import { badOption } from '@overparam/core';

/** The number, if it lies strictly between 0 and 1. @throws OverparamError `BAD_OPTION` */
export function fraction(name: string, value: number): number {
  if (!(typeof value === 'number' && value > 0 && value < 1)) throw badOption(name, value, 'a number between 0 and 1');
  return value;
}

/** The number, if it is positive; Infinity is. @throws OverparamError `BAD_OPTION` */
export function positive(name: string, value: number): number {
  if (!(typeof value === 'number' && value > 0)) throw badOption(name, value, 'a number > 0');
  return value;
}

/** The number, if it is a whole one of at least `least`. @throws OverparamError `BAD_OPTION` */
export function count(name: string, value: number, least = 1): number {
  if (!(Number.isSafeInteger(value) && value >= least)) throw badOption(name, value, `a whole number >= ${least}`);
  return value;
}
