import { withDefaults, type TrialLinearization } from '@overparam/core';
import { checkedNumber, type Condition } from './line.ts';
import { positive } from './range.ts';

export interface LipschitzOptions {
  /** How much the gradient may change, relative to |g(w)|. @default 0.9 */
  readonly c?: number;
}

/**
 * The Lipschitz test of the stochastic extragradient search, for d = -g:
 * |g(w + step d) - g(w)| <= c |g(w)|, that is (step / c)^2 |g' - g|^2 <= |w' - w|^2.
 * Vaswani et al. 2019, arXiv 1905.09997, section 5.
 */
export function lipschitz(
  options: LipschitzOptions = {},
): Condition<Pick<TrialLinearization, 'squaredGradientChange'>> {
  const { c } = withDefaults<LipschitzOptions>('lipschitz', { c: 0.9 }, options);
  positive('c', c);
  // With d = -g, minus the slope is |d|^2.
  return (step, trial, { slope }) =>
    (step / c) ** 2 * checkedNumber('lipschitz', step, trial?.squaredGradientChange, 'squaredGradientChange') +
      step ** 2 * slope <=
    0;
}
