import { type TrialLinearization } from '@overparam/core';
import { type Condition } from './line.ts';
import { positive } from './range.ts';

/**
 * The Lipschitz test of the stochastic extragradient search, for d = -g:
 * |g(w + step d) - g(w)| <= c |g(w)|, that is (step / c)^2 |g' - g|^2 <= |w' - w|^2.
 * Vaswani et al. 2019, arXiv 1905.09997, section 5.
 */
export function lipschitz({ c = 0.9 }: { readonly c?: number } = {}): Condition<
  Pick<TrialLinearization, 'squaredGradientChange'>
> {
  positive('c', c);
  // With d = -g, minus the slope is |d|^2.
  return (step, { squaredGradientChange }, { slope }) =>
    (step / c) ** 2 * squaredGradientChange + step ** 2 * slope <= 0;
}
