import {
  badOption,
  type Asking,
  type AveragingOracle,
  type DirectionalOracle,
  type Inquiry,
  type Linearization,
  type Method,
  withDefaults,
} from '@overparam/core';
import {
  backtracking,
  band,
  clip,
  count,
  finite,
  fraction,
  nearlyLinear,
  smoothedRatio,
  steered,
  zhangHager,
  type Condition,
  type Found,
  type SmoothedRatioState,
  type TriedDecrease,
  type ZhangHagerState,
} from '@overparam/line-search';
import { averageWeight } from './average-weight.ts';
import { endingIn, partAt, type LinearDecay } from './linear-decay.ts';
import { preconditioner, type Preconditioned } from './preconditioner.ts';
import { report, stayed, type StepReport, type Why } from './report.ts';

export interface PonosAdamOptions {
  /**
   * How many steps the run has: the step decays to 0 over them. `auto`: as many as the trainer says, if it knows, else
   * `unbounded`, where nothing decays and the averaged weights are those to use.
   */
  readonly steps?: number | 'auto' | 'unbounded';
  /** The lower end of the band: a step that delivers less of the promised decrease is too long. */
  readonly c1?: number;
  /** The upper end: a step that delivers more is too short. null: 0.8 where the step decays, 0.85 where it doesn't. */
  readonly c2?: number | null;
  /** How much a trial changes the remembered step at first. */
  readonly kappa?: number;
  /** Trials after which it is half of that. */
  readonly n0?: number;
  /** How slowly the ratio of decreases forgets trials, between 0 and 1. */
  readonly beta?: number;
  /** After the first `dense` steps, one step of so many makes a trial. */
  readonly every?: number;
  /** How many steps make a trial each at the start. */
  readonly dense?: number;
  /** The factor of a backtrack, between 0 and 1. */
  readonly delta?: number;
  /** The first step is so short that f is linear along it up to this part of the promised decrease. */
  readonly tolerance?: number;
  /** The least value that the loss can have; only the first step uses it. */
  readonly f_star?: number;
  /** Of the oracle's Adam: the mean of gradients. */
  readonly beta1?: number;
  /** Of the oracle's Adam: the mean of squared gradients. */
  readonly beta2?: number;
}

export interface PonosAdamState extends ZhangHagerState, SmoothedRatioState {
  /** Steps done. */
  readonly k: number;
  /** Trials that the memory learned from. */
  readonly n: number;
  /** The remembered step; null before the first. */
  readonly eta: number | null;
  readonly decay: LinearDecay | null;
}

/** What a step of `ponosAdam` did. */
export interface PonosAdamReport extends StepReport {
  /** The smoothed ratio of the actual to the promised decrease; null where the step made no trial. */
  readonly ratio: number | null;
}

type AdamOracle = DirectionalOracle & Partial<AveragingOracle>;

const defaults: Required<PonosAdamOptions> = {
  steps: 'auto',
  c1: 0.6,
  c2: null,
  kappa: 1,
  n0: 50,
  beta: 0.9,
  every: 10,
  dense: 50,
  delta: 0.5,
  tolerance: 0.02,
  f_star: 0,
  beta1: 0.9,
  beta2: 0.999,
};

/** Backtracks of a trial that is above the reference, and of the very first step. */
const BACKTRACKS = 8;
const FIRST_BACKTRACKS = 60;
/** The remembered step stays between these. */
const bounded = (step: number): number => clip(step, 1e-30, 1e30);

/**
 * Adam without a learning rate: a line search along d = -P m, which is asked at one step of ten.
 *
 * The first step is Polyak's along Adam's direction, f / <g, P g>, halved until f is linear along it to 2 %: the memory
 * grows fast and shrinks slowly, so it approaches the step from below. From then on the remembered step, eta, is moved by
 * trials on the batch of the step: it grows where the decrease of past trials is more than c2 of what the slope promises,
 * and shrinks where it is less than c1, with gains kappa / (1 + n / n0). R, the mean of past losses, guards each trial.
 * With `steps`, the step is eta w with w = 1 - k / steps.
 *
 * Why a band and not a sufficient decrease: on its own batch a step delivers 0.6 to 0.75 of the promise whatever its
 * length within a factor of 30, because the curvature along d adapts to the step (the edge of stability, arXiv
 * 2207.14484). So an Armijo test accepts steps that are 15 times too long; only above and below that range does a trial
 * say anything.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function ponosAdam(
  options: PonosAdamOptions = {},
): Method<PonosAdamState, PonosAdamReport, AdamOracle> & Preconditioned {
  const all = withDefaults('ponosAdam', defaults, options);
  const { steps, c1, c2, every, dense, delta, f_star, beta1, beta2 } = all;
  if (steps !== 'auto' && steps !== 'unbounded' && !(Number.isSafeInteger(steps) && steps > 0))
    throw badOption('steps', steps, "a whole number > 0, 'auto' or 'unbounded'");
  count('every', every);
  count('dense', dense, 0);
  fraction('delta', delta);
  if (!Number.isFinite(f_star)) throw badOption('f_star', f_star, 'a finite number');
  const steady = band({ c1, c2: c2 ?? 0.85 });
  const decaying = band({ c1, c2: c2 ?? 0.8 });
  const smooth = smoothedRatio(all);
  const factor = steered(all);
  const reference = zhangHager();
  const firstStep = backtracking({ accept: nearlyLinear(all), delta, maxTrials: FIRST_BACKTRACKS + 1 });
  const below = backtracking({ accept: isBelow, delta, maxTrials: BACKTRACKS });
  /** f / S. A loss that is at or below f* says nothing of how long to start, and the step is halved until it suits. */
  const polyak = (f: number, S: number): number => bounded((Math.abs(f - f_star) || 1) / S);

  /** What the memory learns from a trial of a step. */
  const learned = (state: PonosAdamState, tried: TriedDecrease, eta: number, w: number): Learned => {
    const [ratio, smoothed] = smooth.next(state, tried);
    if (!Number.isFinite(ratio + smoothed.A + smoothed.P)) return { ratio: null, after: { eta: bounded(eta) } };
    const outside = (state.decay ? decaying : steady)(ratio, w);
    const { n } = state;
    return { ratio, after: { ...smoothed, n: n + 1, eta: bounded(eta * factor(outside, n)) } };
  };

  return {
    name: 'ponos-adam',
    options,
    needs: ['linearize', 'direction', 'probe', 'move'],
    wants: ['average'],
    direction: preconditioner('adam', { beta1, beta2 }),
    init: () => ({
      ...reference.init(),
      ...smooth.init(),
      k: 0,
      n: 0,
      eta: null,
      decay: typeof steps === 'number' ? { start: 0, end: steps, from: 1 } : null,
    }),
    *step(state, oracle) {
      const { k, eta } = state;
      const tries = eta === null || k < dense || k % every === 0;
      const at = yield* oracle.linearize({ probes: tries });
      const [R, mean] = reference.next(state, at);
      if (!isFinite(at) || !Number.isFinite(R)) return { state, report: { ...stayed(at, 'not-finite'), ratio: null } };
      const next: PonosAdamState = { ...state, ...mean, k: k + 1 };
      const w = partAt(state.decay, k);
      /** q = <g, P m>. After a fallback d is the fresh part of Adam's step, of which the memory says nothing. */
      const q = at.fellBack ? 0 : -at.slope;
      const S = tries && q > 0 ? -(yield* oracle.direction('preconditioned')).slope : 0;

      if (!(q > 0 && S > 0 && S < Infinity)) {
        const [step, why] = eta === null ? [0, standing(at)] : [eta * w, null];
        const done = { initialStep: step, step, reference: R, failed: why === 'no-descent', why };
        if (step > 0) yield* move(oracle, state, step);
        return { state: step > 0 ? next : state, report: { ...report(at, done), ratio: null } };
      }

      const line = { value: at.value, slope: at.slope, reference: R };
      const first = eta === null && (yield* firstStep(oracle.probe, { ...line, initial: polyak(at.value, S) }));
      if (first && !first.accepted) {
        const { backtracks, forwards } = first;
        return {
          state,
          report: { ...stayed(at, 'search-failed', { backtracks, forwards, reference: R }), ratio: null },
        };
      }
      const initialStep = first ? first.step : eta! * w;
      let found: Pick<Found<number>, 'step' | 'trial' | 'backtracks' | 'forwards'> = first || {
        step: initialStep,
        trial: yield* oracle.probe(initialStep),
        backtracks: 0,
        forwards: 1,
      };
      const tried = { step: initialStep, value: at.value, trial: found.trial, promised: q, unit: S };
      const { ratio, after } = learned(state, tried, first ? first.step : eta!, w);
      let accepted = isBelow(found.step, found.trial, { ...line, initial: initialStep });
      if (!accepted) {
        const shorter = yield* below(oracle.probe, { ...line, initial: delta * initialStep });
        accepted = shorter.accepted;
        found = { ...shorter, backtracks: shorter.forwards, forwards: found.forwards + shorter.forwards };
      }
      const { step, trial, backtracks, forwards } = found;
      const done = { initialStep, backtracks, forwards, reference: R };
      if (!Number.isFinite(trial)) {
        const why = 'search-failed-not-finite';
        return { state: { ...next, ...after, eta: bounded(step) }, report: { ...stayed(at, why, done), ratio } };
      }
      yield* move(oracle, state, step);
      const how = {
        ...done,
        step,
        valueAfter: trial,
        failed: !accepted,
        why: accepted ? null : 'search-failed',
      } as const;
      return { state: { ...next, ...after }, report: { ...report(at, how), ratio } };
    },
    endIn: (state, left, why) =>
      why === 'known' && steps !== 'auto' ? state : { ...state, decay: endingIn(state.decay, state.k, left) },
  };
}

/** w <- w + step d, which the average takes note of. */
function* move(oracle: Asking<AdamOracle>, { k, decay }: PonosAdamState, step: number): Inquiry<void> {
  const weight = averageWeight(k, decay);
  if (oracle.average && weight !== undefined) yield* oracle.average(weight);
  yield* oracle.move(step);
}

interface Learned {
  readonly ratio: number | null;
  readonly after: Partial<PonosAdamState> & { readonly eta: number };
}

/** |g|^2 is not asked for, and may be NaN. */
const isFinite = ({ value, slope, squaredGradientNorm }: Linearization): boolean =>
  Number.isFinite(value) && Number.isFinite(slope) && squaredGradientNorm !== Infinity;

const isBelow: Condition<number> = finite((_, trial, { reference }) => trial <= reference);

const standing = ({ slope }: Linearization): Why => (slope === 0 ? 'stationary' : 'no-descent');
