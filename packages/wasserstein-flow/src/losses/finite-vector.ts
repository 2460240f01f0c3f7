import { badOption } from '@overparam/core';

/** The numbers, copied, if there are any and all are finite. @throws OverparamError `BAD_OPTION` */
export function finiteVector(name: string, values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  if (copy.length === 0) throw badOption(name, '[]', 'at least one number');
  const bad = copy.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw badOption(`${name}[${bad}]`, copy[bad], 'a finite number');
  return copy;
}
