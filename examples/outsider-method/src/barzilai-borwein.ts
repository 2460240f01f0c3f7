import { badOption, type Method, type Oracle, type TrialGradientOracle } from '@overparam/core';

export interface BarzilaiBorweinOptions {
  /** M: a step is compared with the highest of so many values of f. */
  readonly window?: number;
  /** The step sizes are kept between them. */
  readonly min?: number;
  readonly max?: number;
}

export interface BarzilaiBorweinState {
  /** The first step to try. */
  readonly step: number;
  /** The last values of f, oldest first. */
  readonly values: readonly number[];
}

export interface BarzilaiBorweinReport {
  readonly value: number;
  /** The step taken; 0 where w stayed. */
  readonly step: number;
}

/** It needs a gradient at a trial point, and never moves from there. */
type Needs = Oracle & Pick<TrialGradientOracle, 'probeGradient'>;

/**
 * Barzilai and Borwein's step <s, y> / <y, y> (1988), made global by a nonmonotone search: f(w + step d) has to lie below
 * the highest of the last M values, as far as Armijo's condition asks. Raydan, SIAM J. Optim. 7 (1997), for d = -g.
 */
export function barzilaiBorwein({ window = 10, min = 1e-10, max = 1e10 }: BarzilaiBorweinOptions = {}): Method<
  BarzilaiBorweinState,
  BarzilaiBorweinReport,
  Needs
> {
  if (!(Number.isInteger(window) && window >= 1)) throw badOption('window', window, 'a whole number >= 1');
  if (!(min > 0 && min <= max)) throw badOption('min', min, `a number > 0, and no more than max = ${max}`);
  return {
    name: 'barzilai-borwein',
    options: { window, min, max },
    needs: ['linearize', 'probeGradient', 'move'],
    init: () => ({ step: 1, values: [] }),
    *step(state, oracle) {
      const { value, slope } = yield* oracle.linearize();
      const stayed = { state, report: { value, step: 0 } };
      if (!Number.isFinite(value + slope) || slope >= 0) return stayed;
      const values = [...state.values, value].slice(-window);
      const reference = Math.max(...values);
      for (let step = state.step; step >= min; step /= 2) {
        const trial = yield* oracle.probeGradient(step);
        const { slope: slopeAfter, squaredGradientChange } = trial;
        if (!Number.isFinite(trial.value) || trial.value > reference + 1e-4 * step * slope) continue;
        yield* oracle.move(step);
        // s = step d, y = g' - g; where <s, y> <= 0, f is not convex along d.
        const curvature = step * (slopeAfter - slope);
        const next = curvature > 0 ? curvature / squaredGradientChange : 2 * step;
        const clipped = Number.isFinite(next) ? Math.min(Math.max(next, min), max) : step;
        return { state: { step: clipped, values }, report: { value, step } };
      }
      return stayed;
    },
  };
}
