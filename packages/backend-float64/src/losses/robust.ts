import { badOption, type Matrix } from '@overparam/core';
import { elementwise } from './elementwise.ts';
import type { Loss, LossOptions } from './loss.ts';
import { namedRho, type Rho, type RhoName } from './rho.ts';

export interface RobustOptions extends LossOptions {
  /** delta: residuals well below it are inliers. */
  readonly scale?: number;
}

/**
 * L = 1/2 sum_nk s_n delta^2 rho((r / delta)^2) of the residuals r = f - y, as in scipy; 1/N of it under
 * `reduction: 'mean'`. In r the first derivative is rho' r and the second rho' + 2 z rho'', which may be negative far out.
 *
 * @param targets N x C, or N numbers for one output
 */
export function robust(
  name: RhoName | Rho,
  targets: Matrix | ArrayLike<number>,
  { scale = 1, ...options }: RobustOptions = {},
): Loss {
  const rho = namedRho(name);
  if (!(scale > 0 && scale < Infinity)) throw badOption('scale', scale, 'a number above 0');
  return elementwise(
    typeof name === 'string' ? name : 'robust',
    (f, y) => {
      const r = f - y;
      const z = (r / scale) ** 2;
      const [value, first, second] = rho(z);
      return [0.5 * scale ** 2 * value, first * r, first + 2 * z * second];
    },
    targets,
    { reduction: 'sum', ...options },
  );
}
