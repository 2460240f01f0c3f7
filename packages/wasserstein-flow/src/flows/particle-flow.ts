import {
  badOption,
  OverparamError,
  type Inquiry,
  type Matrix,
  type MeasureOracle,
  type Method,
  type Particles,
  type Variation,
  required,
  withDefaults,
} from '@overparam/core';
import { checkMeasure, pointsOf, rowsOf, type Measure } from '../measure.ts';
import { type Setting } from '../problem.ts';
import { gaussian, seeded, word, type Random } from '../random.ts';
import { type Lifted, type Motion } from './motion.ts';
import { resolveStep, type StepRule } from './step-rule.ts';

export interface FlowOptions {
  /** Where the particles are before the first step. */
  readonly start: Measure;
  /** tau: of the time of the flow, so that it multiplies m times the gradient of F_m. */
  readonly step?: StepRule;
  /** Whether each step draws a fresh batch from the oracle. */
  readonly stochastic?: boolean;
  /** T: after each step x_i moves by sqrt(2 tau T) xi, with standard normal xi (Langevin). */
  readonly temperature?: number;
  /** Of batches and noise. */
  readonly seed?: number;
  /** min F, if you know it: reports then tell the excess. */
  readonly minimum?: number | undefined;
  /**
   * By how much the energy may grow in a step, as a part of the energy at the start, before the step is an error;
   * Infinity where you want no watch. Nothing is watched with fresh batches or noise.
   */
  readonly watch?: number;
}

export const flowDefaults: Required<FlowOptions> = {
  start: required,
  step: 'lipschitz',
  stochastic: false,
  temperature: 0,
  seed: 0,
  minimum: undefined,
  watch: 1e-12,
};

/** Plain data. */
export interface FlowState {
  /** Steps so far. */
  readonly iteration: number;
  readonly positions: readonly (readonly number[])[];
  /** Of each particle: its weight w_i = m a_i, or the signed radius r_i of a conic flow. */
  readonly amplitudes: readonly number[];
  /** F_m at the start; null before the first step. */
  readonly startEnergy: number | null;
  /** The last step of a search; null before. */
  readonly step: number | null;
  /** The generator of batches and noise. */
  readonly random: readonly number[];
}

export interface FlowReport {
  /** tau */
  readonly step: number;
  /** F_m before the step; of the step's batch where the flow is stochastic. */
  readonly energy: number;
  /** F_m after the step, before noise is added; null where it is not known, as with fresh batches and a constant step. */
  readonly energyAfter: number | null;
  /** `energyAfter` (or else `energy`) less the minimum; null where no minimum was given. */
  readonly excess: number | null;
  /** The largest |v_i|. */
  readonly largestVelocity: number;
  /** 1/m sum_i |v_i|^2: the rate at which the flow loses energy. */
  readonly dissipation: number;
  /** L = 1/tau of the rule 'lipschitz'; null otherwise. */
  readonly lipschitz: number | null;
  /** How often the oracle was asked. */
  readonly questions: number;
}

/** A particle gradient flow: a method of the core whose state is the measure. */
export interface Flow extends Method<FlowState, FlowReport, MeasureOracle> {
  /** The state of particles of your own; iteration, step and random numbers go on from `state`. */
  from(measure: Measure, state?: FlowState): FlowState;
  /** The measure of a state. */
  measure(state: FlowState): Measure;
}

/**
 * The flow of a motion. A step asks the oracle for the variation at the particles after it, so that it knows the energy
 * before and after; the next step, if it goes on from the same state object, has that answer. So a flow goes with one oracle.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start; a step throws `STEP_TOO_LARGE` where the
 * energy grows, and `NOT_FINITE` where the oracle's answer is not
 */
export function particleFlow(motion: Motion, setting: Setting, options: FlowOptions, own: object = {}): Flow {
  const { domain, regularizer } = setting;
  const all = withDefaults(motion.name, flowDefaults, options);
  const { start, step, stochastic, temperature, seed, minimum, watch } = all;
  const rule = resolveStep(step);
  if (!(temperature >= 0 && temperature < Infinity))
    throw badOption('temperature', temperature, 'a finite number >= 0');
  if (!(watch >= 0)) throw badOption('watch', watch, 'a number >= 0, or Infinity');
  if (minimum !== undefined && !Number.isFinite(minimum)) throw badOption('minimum', minimum, 'a finite number');
  const d = domain.dimension;

  const from = (measure: Measure, state?: FlowState): FlowState => {
    checkMeasure(measure, { domain, positive: regularizer.positive ?? false });
    const m = measure.weights.length;
    const zero = measure.weights.indexOf(0);
    if (motion.multiplicative && zero >= 0)
      throw badOption(`weights[${zero}]`, 0, `a number other than 0: the flow '${motion.name}' multiplies it`);
    return {
      iteration: state?.iteration ?? 0,
      positions: measure.positions,
      amplitudes: measure.weights.map((a) => motion.amplitude(m * a)),
      startEnergy: null,
      step: state?.step ?? null,
      random: state?.random ?? seeded(seed).state,
    };
  };
  const initial = from(start);

  const particlesOf = ({ positions, amplitudes }: Lifted): Particles => {
    const m = amplitudes.length;
    const weights = new Float64Array(m);
    for (let i = 0; i < m; i++) weights[i] = motion.weight(amplitudes[i]!) / m;
    return { positions, weights };
  };
  // What is known at the last state: a step that goes on from it need not ask again.
  let last: ({ readonly state: FlowState; readonly here: Lifted } & Asked) | undefined;

  return {
    name: motion.name,
    options: { ...options, ...own },
    needs: ['variation'],
    init: () => initial,
    from,
    measure: ({ positions, amplitudes }) => ({
      positions,
      weights: amplitudes.map((c) => motion.weight(c) / amplitudes.length),
    }),
    *step(state, oracle) {
      let questions = 0;
      const random: Random = { state: state.random };
      const batch = stochastic ? { batch: word(random) } : {};
      function* ask(of: Lifted): Inquiry<Asked> {
        questions++;
        const particles = particlesOf(of);
        const at = yield* oracle.variation(particles, batch);
        return { at, energy: at.potential + regularizer.mean(particles) };
      }

      const known = last?.state === state ? last : undefined;
      const here = known?.here ?? lifted(state, d);
      const { at, energy } = known ?? (yield* ask(here));
      const path = motion.path(here, at);
      const first = rule.constant ?? (state.step === null ? rule.initial : state.step * rule.growth);
      const speeds = path.squaredSpeeds(first);
      if (!Number.isFinite(energy) || !Number.isFinite(speeds.mean))
        throw new OverparamError('NOT_FINITE', `At step ${state.iteration + 1} the energy is ${energy} and the mean squared velocity ${speeds.mean}: check the features and the loss at the last measure.`); // prettier-ignore
      const startEnergy = state.startEnergy ?? energy;

      const { tau, to, ahead, energyAfter } = yield* take();
      if (temperature > 0) diffuse(to.positions, Math.sqrt(2 * tau * temperature), random);
      const next: FlowState = {
        iteration: state.iteration + 1,
        positions: pointsOf(to.positions),
        amplitudes: numbers(to.amplitudes),
        startEnergy,
        step: rule.constant === null ? tau : null,
        random: random.state,
      };
      if (ahead && temperature === 0 && !stochastic) last = { state: next, here: to, at: ahead, energy: energyAfter! };
      return {
        state: next,
        report: {
          step: tau,
          energy,
          energyAfter,
          excess: minimum === undefined ? null : (energyAfter ?? energy) - minimum,
          largestVelocity: Math.sqrt(speeds.largest),
          dissipation: speeds.mean,
          lipschitz: step === 'lipschitz' ? 1 / tau : null,
          questions,
        },
      };

      function* take(): Inquiry<Taken> {
        const stay = { tau: first, to: here, ahead: at, energyAfter: energy };
        if (rule.constant !== null) return yield* constantStep(rule.constant);
        if (speeds.mean === 0) return stay;
        let latest: Taken | undefined;
        const found = yield* rule.search(
          function* (tau) {
            const tried = yield* trial(tau);
            latest = tried;
            return tried.energyAfter;
          },
          { initial: first, value: energy, slope: -speeds.mean, reference: energy },
        );
        // Where the decrease is lost in rounding no trial is accepted, and the particles stay.
        if (!found.accepted) return stay;
        return latest?.tau === found.step ? latest : yield* trial(found.step);
      }

      function* trial(tau: number): Inquiry<Taken & { readonly energyAfter: number }> {
        const to = path.end(tau);
        const { at: ahead, energy: energyAfter } = yield* ask(to);
        return { tau, to, ahead, energyAfter };
      }

      function* constantStep(tau: number): Inquiry<Taken> {
        if (stochastic) return { tau, to: path.end(tau), ahead: null, energyAfter: null };
        const taken = yield* trial(tau);
        const grown = taken.energyAfter - energy;
        const tolerated = watch * Math.max(Math.abs(startEnergy), Math.abs(energy));
        if (Number.isFinite(grown) && (temperature > 0 || grown <= tolerated)) return taken;
        const shorter = yield* lowering(tau);
        const remedy =
          shorter === null
            ? `no step down to ${tau / 2 ** 50} lowers it, so the variation is not that of the energy (checkFeatures compares them), or it is at rounding level (raise \`watch\`)`
            : `a step of ${shorter} lowers it: go on with that, or with 'lipschitz'`;
        throw new OverparamError('STEP_TOO_LARGE', `With the step ${tau} of '${motion.name}' the energy grows from ${energy} to ${taken.energyAfter}, by ${grown}; ${remedy}. The particles are where they were.`); // prettier-ignore
      }

      /** The first of tau / 2, tau / 4, ... that lowers the energy. */
      function* lowering(tau: number): Inquiry<number | null> {
        for (let halvings = 1; halvings <= 50; halvings++) {
          const shorter = tau / 2 ** halvings;
          if ((yield* trial(shorter)).energyAfter < energy) return shorter;
        }
        return null;
      }
    },
  };

  function diffuse(x: Matrix, scale: number, random: Random): void {
    const noise = { ...x, data: x.data.map(() => gaussian(random)) };
    domain.tangent(x, noise);
    domain.exponential(x, noise, scale);
  }
}

interface Asked {
  readonly at: Variation;
  readonly energy: number;
}

interface Taken {
  readonly tau: number;
  readonly to: Lifted;
  readonly ahead: Variation | null;
  readonly energyAfter: number | null;
}

/** As plain numbers; `Array.from` is ten times slower. */
function numbers(values: Float64Array): number[] {
  const out = new Array<number>(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i]!;
  return out;
}

const lifted = ({ positions, amplitudes }: FlowState, d: number): Lifted => ({
  positions: rowsOf(positions, d),
  amplitudes: Float64Array.from(amplitudes),
});
