import { badOption } from '@overparam/core';
import { type Line } from './line.ts';

/**
 * The line, if it can be searched: a first step, and a direction that descends.
 * @throws OverparamError `BAD_OPTION`
 */
export function checkLine(line: Line): void {
  const { initial, value, slope, reference } = line;
  if (!(typeof initial === 'number' && initial > 0 && initial < Infinity))
    throw badOption('initial', initial, 'a finite number > 0, the first step to try');
  for (const [name, number] of Object.entries({ value, reference }))
    if (typeof number !== 'number' || Number.isNaN(number))
      throw badOption(name, number, 'a number, f at step 0 or more');
  if (!(typeof slope === 'number' && slope < 0 && slope > -Infinity))
    throw badOption(
      'slope',
      slope,
      'a finite number < 0, the derivative of phi at step 0: a search needs a direction along which phi descends',
    );
}
