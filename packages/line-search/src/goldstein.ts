import { badOption, withDefaults } from '@overparam/core';
import { checkedNumber, type Search } from './line.ts';
import { count, fraction, positive } from './range.ts';

export interface GoldsteinOptions {
  /** Between 0 and 1/2. @default 0.1 */
  readonly c?: number;
  /** The factor that shortens a step which is too long, between 0 and 1. @default 0.9 */
  readonly beta_b?: number;
  /** The factor that lengthens a step which is too short, more than 1. @default 2 */
  readonly beta_f?: number;
  /** No step grows beyond it. @default 10 */
  readonly eta_max?: number;
  /** No step shrinks below it. @default 1e-8 */
  readonly eta_min?: number;
  /** @default 100 */
  readonly maxTrials?: number;
}

/**
 * A step that is neither too long nor too short, by shortening and lengthening in turn:
 * R + (1 - c) step <g, d> <= f(w + step d) <= R + c step <g, d>.
 * Goldstein (1965); as in SLS, arXiv 1905.09997, appendix H, and its code.
 *
 * A trial that is NaN counts as too long. When its trials are used up, the last one is accepted if it was only
 * too short: where steps would have to grow beyond `eta_max`, the official code repeats the trial there until then, and
 * so does this.
 */
export function goldstein(options: GoldsteinOptions = {}): Search<number> {
  const { c, beta_b, beta_f, eta_max, eta_min, maxTrials } = withDefaults<GoldsteinOptions>(
    'goldstein',
    { c: 0.1, beta_b: 0.9, beta_f: 2, eta_max: 10, eta_min: 1e-8, maxTrials: 100 },
    options,
  );
  if (!(c > 0 && c <= 0.5)) throw badOption('c', c, 'a number between 0 and 1/2');
  fraction('beta_b', beta_b);
  if (!(beta_f > 1)) throw badOption('beta_f', beta_f, 'a number > 1');
  positive('eta_max', eta_max);
  if (!(eta_min >= 0 && eta_min <= eta_max))
    throw badOption('eta_min', eta_min, `a number from 0 to eta_max = ${eta_max}`);
  count('maxTrials', maxTrials);
  return function* (probe, { initial, reference, slope }) {
    for (let step = initial, forwards = 1; ; forwards++) {
      const trial = checkedNumber('goldstein', step, yield* probe(step));
      const ended = { step, trial, backtracks: forwards - 1, forwards };
      const decreases = trial <= reference + step * c * slope;
      const advances = trial >= reference + step * (1 - c) * slope;
      if (decreases && advances) return { ...ended, accepted: true, why: null, next: step };
      step = decreases ? Math.min(step * beta_f, eta_max) : Math.max(step * beta_b, eta_min);
      if (forwards === maxTrials) return { ...ended, accepted: decreases, why: 'max-trials', next: step };
    }
  };
}
