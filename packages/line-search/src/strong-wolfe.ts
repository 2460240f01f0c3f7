import { withDefaults } from '@overparam/core';
import { cubicMinimizer } from './cubic-minimizer.ts';
import { checkLine } from './check-line.ts';
import { type Search, type SlopeTrial } from './line.ts';
import { count, positive } from './range.ts';
import { wolfe, type WolfeOptions } from './wolfe.ts';

export interface StrongWolfeOptions extends WolfeOptions {
  /** No step is longer. @default 1e10 */
  readonly maxStep?: number;
  /** @default 60 */
  readonly maxTrials?: number;
}

interface Point extends SlopeTrial {
  readonly step: number;
}

/**
 * A step that meets the strong Wolfe conditions: lengthen until an interval holds one, then shrink the interval.
 *
 * Nocedal and Wright, Numerical Optimization (2006), Algorithms 3.5 and 3.6, in one loop, with the safeguards of Moré
 * and Thuente (1994): a trial keeps a tenth of the interval from its ends, and an interval that has not shrunk by a
 * third in two trials is halved. A trial that is not finite is too long.
 *
 * When it fails, `step` is the best it found that decreases enough, with its trial, or 0 if there is none; take it or
 * leave it. A line that does not descend (`slope` >= 0), or without a usable first step, is an error. `why` is `max-step`
 * where phi still descends at the longest step, `small-interval` where rounding ends the search, or `max-trials`.
 */
export function strongWolfe(options: StrongWolfeOptions = {}): Search<SlopeTrial> {
  const { c1, c2, epsilon, maxStep, maxTrials } = withDefaults<StrongWolfeOptions>(
    'strongWolfe',
    { c1: 1e-4, c2: 0.9, epsilon: 0, maxStep: 1e10, maxTrials: 60 },
    options,
  );
  const accept = wolfe({ c1, c2, epsilon });
  positive('maxStep', maxStep);
  count('maxTrials', maxTrials);
  return function* (probe, line) {
    checkLine(line);
    const slack = epsilon * Math.abs(line.value);
    const tooHigh = ({ step, value }: Point, { step: best, value: least }: Point): boolean =>
      !(value <= line.reference + c1 * step * line.slope + slack) || (best > 0 && value >= least + slack);

    // `low` is the best step that decreases enough. The Wolfe steps lie between it and `high`, once there is one.
    let low: Point = { step: 0, value: line.value, slope: line.slope };
    let high: Point | null = null;
    let widths: readonly [number, number] = [Infinity, Infinity];
    let step = Math.min(line.initial, maxStep);

    for (let forwards = 1; ; forwards++) {
      const trial = yield* probe(step);
      const ended = { backtracks: forwards - 1, forwards };
      if (accept(step, trial, line)) return { ...ended, step, trial, accepted: true, why: null, next: step };

      const point: Point = { step, value: trial.value, slope: trial.slope };
      let before = low;
      if (!isFinite(point) || tooHigh(point, low)) high = point;
      else {
        if (high ? point.slope * (high.step - low.step) >= 0 : point.slope >= 0) high = low;
        before = low;
        low = point;
      }

      const atEnd = !high && step === maxStep;
      const width = high ? Math.abs(high.step - low.step) : Infinity;
      const slow = width > (2 / 3) * widths[0];
      step = high ? between(low, high, slow) : Math.min(beyond(before, low), maxStep);
      const why = atEnd
        ? 'max-step'
        : step === low.step || step === high?.step
          ? 'small-interval'
          : forwards === maxTrials
            ? 'max-trials'
            : null;
      if (why) {
        const best = { value: low.value, slope: low.slope };
        return { ...ended, step: low.step, trial: best, accepted: false, why, next: step };
      }
      widths = [widths[1], width];
    }
  };
}

const isFinite = ({ value, slope }: SlopeTrial): boolean => Number.isFinite(value) && Number.isFinite(slope);

/** A trial between the ends, and well inside. */
function between(low: Point, high: Point, slow: boolean): number {
  const width = high.step - low.step;
  if (!isFinite(high)) return low.step + width / 10;
  const fraction = slow ? 0.5 : (cubicMinimizer(low, high) - low.step) / width;
  return low.step + width * (fraction >= 0.1 ? Math.min(fraction, 0.9) : Number.isNaN(fraction) ? 0.5 : 0.1);
}

/** A longer trial, where phi still descends at `low`. */
function beyond(before: Point, low: Point): number {
  const stride = low.step - before.step;
  const step = cubicMinimizer(before, low);
  const longest = low.step + 4 * stride;
  return step > low.step ? Math.min(Math.max(step, low.step + 1.1 * stride), longest) : longest;
}
