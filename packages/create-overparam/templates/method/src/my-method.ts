import { badOption, type Method } from '@overparam/core';

export interface MyMethodOptions {
  /** Sufficient decrease: eta is accepted when f(w + eta d) <= f(w) + c eta <g, d>. Between 0 and 1; 0.1 when absent. */
  readonly c?: number;
  /** The factor of a backtrack, between 0 and 1; 0.5 when absent. */
  readonly delta?: number;
  /** The first eta that is tried; 1 when absent. */
  readonly initial?: number;
}

/** What a step leaves for the next one. Plain data: as JSON it is the checkpoint. */
export interface MyMethodState {
  /** The eta that the next step tries first. */
  readonly eta: number;
}

export interface MyMethodReport {
  /** f(w) before the step. */
  readonly value: number;
  /** The eta that was taken; 0 where w stayed. */
  readonly step: number;
  /** How many trials were refused. */
  readonly backtracks: number;
}

const MOST_BACKTRACKS = 60;
const LONGEST = 1e6;

/**
 * Descent along d with Armijo's rule: eta starts one backtrack longer than the last one, and shrinks by delta until f has
 * decreased by c eta |<g, d>| (Armijo 1966).
 *
 * @throws OverparamError `BAD_OPTION`
 */
export function myMethod({ c = 0.1, delta = 0.5, initial = 1 }: MyMethodOptions = {}): Method<
  MyMethodState,
  MyMethodReport
> {
  if (!(c > 0 && c < 1)) throw badOption('c', c, 'a number between 0 and 1');
  if (!(delta > 0 && delta < 1)) throw badOption('delta', delta, 'a number between 0 and 1');
  if (!(initial > 0 && initial <= LONGEST)) throw badOption('initial', initial, `a number > 0, at most ${LONGEST}`);

  return {
    name: 'my-method',
    options: { c, delta, initial },
    needs: ['linearize', 'probe', 'move'],
    init: () => ({ eta: initial }),

    *step(state, oracle) {
      const { value, slope } = yield* oracle.linearize();
      // At a stationary point there is nothing to do, and where f is not finite no trial can be judged.
      const descends = Number.isFinite(value) && Number.isFinite(slope) && slope < 0;
      let backtracks = 0;
      for (let eta = state.eta; descends && backtracks < MOST_BACKTRACKS; eta *= delta, backtracks++) {
        const trial = yield* oracle.probe(eta);
        if (!Number.isFinite(trial) || trial > value + c * eta * slope) continue;
        // The one question that moves w comes last: a step happens whole or not at all.
        yield* oracle.move(eta);
        return { state: { eta: Math.min(eta / delta, LONGEST) }, report: { value, step: eta, backtracks } };
      }
      return { state, report: { value, step: 0, backtracks } };
    },
  };
}
