import { badOption } from '@overparam/core';

export function checkRate(name: string, beta: number): void {
  if (!(beta >= 0 && beta < 1)) throw badOption(name, beta, 'a number >= 0 and < 1');
}

export function checkNonNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw badOption(name, value, 'a finite number >= 0');
}
