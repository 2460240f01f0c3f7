import { decreaseRatio, grown, positive, sameChange, type LastDecrease } from '@overparam/line-search';
import { type InitialStep } from './initial-step.ts';
import { type Reset } from './reset.ts';

export interface SlsStartState {
  /** The step before; 0 after a batch on which there was nothing to do, where the official code says so. */
  readonly eta: number;
  readonly last: LastDecrease | null;
}

export interface SlsStartOptions {
  readonly reset: Reset;
  readonly init_step_size: number;
  readonly gamma: number;
  readonly n_batches_per_epoch: number;
  readonly eta_max: number;
  readonly eta_min: number;
  readonly c_p: number;
  /**
   * What is remembered. `sls`: a failed search leaves the step it would have tried next, and a stationary batch its
   * initial step. `ponos`: they leave 1e-6, and 0, which restarts from init_step_size.
   */
  readonly remembers: 'sls' | 'ponos';
}

/** The start of a search from the step before. SLS, arXiv 1905.09997, Algorithm 2; "reset_step" of the PoNoS code. */
export function slsStart({
  reset,
  init_step_size,
  gamma,
  n_batches_per_epoch,
  eta_max,
  eta_min,
  c_p,
  remembers,
}: SlsStartOptions): InitialStep<SlsStartState> {
  positive('init_step_size', init_step_size);
  positive('eta_max', eta_max);
  const grow = grown({ gamma, n_batches_per_epoch });
  const fromDecrease = decreaseRatio({ c_p, max: eta_max });
  const rules: Record<Reset, (eta: number, last: LastDecrease | null, squaredGradientNorm: number) => number> = {
    keep: (eta) => eta,
    grow: (eta) => grow(eta),
    'grow-capped': (eta) => Math.min(grow(eta), eta_max),
    restart: () => init_step_size,
    'gradient-ratio': (eta, last, squaredGradientNorm) =>
      last?.squaredGradientNorm && squaredGradientNorm
        ? sameChange(eta, last.squaredGradientNorm, squaredGradientNorm)
        : init_step_size,
    'decrease-ratio': (_, last) => (last && fromDecrease(last)) ?? init_step_size,
  };
  return {
    init: () => ({ eta: init_step_size, last: null }),
    start: ({ eta, last }, { squaredGradientNorm }) =>
      Math.max(rules[reset](eta || init_step_size, last, squaredGradientNorm), eta_min),
    learn(_, { at: { value, squaredGradientNorm }, initial, step, trial, next }) {
      const finite = Number.isFinite(value + trial + squaredGradientNorm);
      return {
        eta: remembers === 'ponos' ? step : step === 0 ? initial : next,
        last: finite ? { value, valueAfter: trial, squaredGradientNorm } : null,
      };
    },
  };
}
