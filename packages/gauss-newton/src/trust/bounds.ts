import { badOption } from '@overparam/core';

/** @throws OverparamError `BAD_OPTION` */
export function bounds(min: number, max: number): { readonly min: number; readonly max: number } {
  if (!(min > 0 && Number.isFinite(min))) throw badOption('damping.min', min, 'a finite number > 0');
  if (!(max > min && Number.isFinite(max))) throw badOption('damping.max', max, `a finite number > min = ${min}`);
  return { min, max };
}
