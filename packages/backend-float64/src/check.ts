import { OverparamError, type Matrix } from '@overparam/core';

/** A copy of the parameters, checked. */
export function checkParameters(numbers: ArrayLike<number>, length: number = numbers?.length): Float64Array {
  if (!(length > 0) || numbers.length !== length)
    throw mismatch(`There are ${numbers?.length} parameters given: it takes ${length > 0 ? length : 'one or more'}.`);
  return finite('The parameter', Float64Array.from(numbers));
}

/** The numbers themselves, when each is finite. */
export function finite(name: string, numbers: Float64Array): Float64Array {
  const i = numbers.findIndex((x) => !Number.isFinite(x));
  if (i >= 0) throw new OverparamError('NOT_FINITE', `${name} [${i}] is ${numbers[i]}: it must be a finite number.`);
  return numbers;
}

/** A matrix of that shape. */
export function checkShape(name: string, a: Matrix, rows: number, columns: number): Matrix {
  if (a?.rows !== rows || a.columns !== columns || a.data?.length !== rows * columns)
    throw mismatch(
      `${name} is ${a?.rows} x ${a?.columns} of ${a?.data?.length} numbers: it takes ${rows} x ${columns}.`,
    );
  return a;
}

export const mismatch = (message: string): OverparamError<'SHAPE_MISMATCH'> =>
  new OverparamError('SHAPE_MISMATCH', message);
