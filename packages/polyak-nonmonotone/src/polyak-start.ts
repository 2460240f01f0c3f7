import { badOption } from '@overparam/core';
import { clip, longestMemory, polyak, positive, remember } from '@overparam/line-search';
import { type Guards } from './guards.ts';
import { type InitialStep } from './initial-step.ts';

export interface PolyakStartState {
  /** l_k, the memory of backtracks: an integer, unless `rho` is not. */
  readonly lk: number;
  /** The last accepted step. */
  readonly eta: number | null;
}

export interface PolyakStartOptions {
  readonly c_p: number;
  readonly delta: number;
  readonly max_eta: number;
  readonly min_eta: number;
  readonly f_star: number;
  readonly save_backtracks: boolean;
  readonly clipping: 'code' | 'paper';
  readonly rho: number;
  readonly guards: Guards;
}

/**
 * Polyak's step, shortened by the backtracks that it remembers. PoNoS, arXiv 2306.12747, (4) and (5).
 *
 * code: eta_{k,0} = max(min(f / (c_p |g|^2 + 1e-8) delta^lk, max_eta), min_eta)
 * paper: eta_{k,0} = min(f / (c_p |g|^2), max_eta) delta^lk
 */
export function polyakStart({
  c_p,
  delta,
  max_eta,
  min_eta,
  f_star,
  save_backtracks,
  clipping,
  rho,
  guards,
}: PolyakStartOptions): InitialStep<PolyakStartState> {
  positive('max_eta', max_eta);
  if (!(min_eta >= 0 && min_eta <= max_eta))
    throw badOption('min_eta', min_eta, `a number from 0 to max_eta = ${max_eta}`);
  if (!Number.isFinite(f_star)) throw badOption('f_star', f_star, 'a finite number');
  if (!(rho > 0 && rho < Infinity)) throw badOption('rho', rho, 'a number > 0');
  if (typeof save_backtracks !== 'boolean') throw badOption('save_backtracks', save_backtracks, 'true or false');
  if (clipping !== 'code' && clipping !== 'paper') throw badOption('clipping', clipping, "'code' or 'paper'");
  const least = guards.f_star ? f_star : 0;
  const raw = polyak({ c_p, f_star: least, epsilon: clipping === 'code' ? 1e-8 : 0 });
  const blind = (value: number): boolean => guards.previous_step && value <= least;
  return {
    init: () => ({ lk: 0, eta: null }),
    start({ lk, eta }, { value, squaredGradientNorm }) {
      // There is no previous step at the first: 1 is where SLS starts.
      if (blind(value)) return clip(eta ?? 1, min_eta, max_eta);
      const shortening = save_backtracks ? delta ** lk : 1;
      const step = raw(value, squaredGradientNorm);
      return clipping === 'code' ? clip(step * shortening, min_eta, max_eta) : Math.min(step, max_eta) * shortening;
    },
    learn({ lk, eta }, { at, step, backtracks, failed }) {
      if (step === 0) return { lk, eta };
      const accepted = failed ? eta : step;
      if (blind(at.value)) return { lk, eta: accepted };
      if (!guards.memory || !save_backtracks) return { lk: remember(lk, backtracks, rho), eta: accepted };
      const longest = longestMemory(raw(at.value, at.squaredGradientNorm), min_eta, delta);
      return {
        lk: Math.min(failed ? lk + backtracks : remember(lk, backtracks, rho), longest),
        eta: accepted,
      };
    },
  };
}
