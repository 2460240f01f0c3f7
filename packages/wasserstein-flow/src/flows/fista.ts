import {
  OverparamError,
  type MeasureOracle,
  type Method,
  type Particles,
  required,
  withDefaults,
} from '@overparam/core';
import { checkMeasure, rowsOf, type Measure } from '../measure.ts';
import { type Setting } from '../problem.ts';
import { resolveStep } from './step-rule.ts';

export interface FistaOptions {
  readonly start: Measure;
  /** tau, 1/L or less, of the 1/m of the particles. */
  readonly step: number;
  /** min F, if you know it. */
  readonly minimum?: number | undefined;
}

/** Plain data. */
export interface FistaState {
  readonly iteration: number;
  readonly positions: readonly (readonly number[])[];
  /** w_i = m a_i */
  readonly amplitudes: readonly number[];
  /** The same one step before. */
  readonly previous: readonly number[];
  /** t_k */
  readonly t: number;
  /** (t_{k-1} - 1) / t_k; 0 before the second step. */
  readonly momentum: number;
}

export interface FistaReport {
  readonly step: number;
  /** F_m before the step; it need not fall with every step. */
  readonly energy: number;
  readonly excess: number | null;
}

/** FISTA as a method, and its states as measures. */
export interface Fista extends Method<FistaState, FistaReport, MeasureOracle> {
  measure(state: FistaState): Measure;
}

/**
 * FISTA over fixed positions: the step of `ista` from z_k = w_k + (t_{k-1} - 1) / t_k (w_k - w_{k-1}), with t_{k+1} = (1 +
 * sqrt(1 + 4 t_k^2)) / 2. Beck and Teboulle (2009), (4.1) to (4.3).
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, and as {@link checkMeasure} for the start; a step throws `NOT_FINITE` where the oracle's
 * answer is not
 */
export function fista({ domain, regularizer }: Setting, options: FistaOptions): Fista {
  const {
    start,
    step: tau,
    minimum,
  } = withDefaults<FistaOptions>('fista', { start: required, step: required, minimum: undefined }, options);
  if (typeof tau !== 'number') throw new OverparamError('BAD_OPTION', 'fista takes a constant step.');
  resolveStep(tau);
  const { proximal } = regularizer;
  if (!proximal) throw new OverparamError('BAD_OPTION', `The regulariser ${regularizer.name} has no proximal step.`);
  checkMeasure(start, { domain, positive: regularizer.positive ?? false });
  const m = start.weights.length;
  const amplitudes = start.weights.map((a) => m * a);
  return {
    name: 'fista',
    options: { start, step: tau },
    needs: ['variation'],
    init: () => ({ iteration: 0, positions: start.positions, amplitudes, previous: amplitudes, t: 1, momentum: 0 }),
    measure: ({ positions, amplitudes: w }) => ({ positions, weights: w.map((v) => v / m) }),
    *step(state, oracle) {
      const { positions, amplitudes: w, previous } = state;
      const points = rowsOf(positions, domain.dimension);
      const at = (v: Float64Array): Particles => ({ positions: points, weights: v.map((entry) => entry / m) });
      const t = (1 + Math.sqrt(1 + 4 * state.t * state.t)) / 2;
      const here = at(Float64Array.from(w));
      const { potential } = yield* oracle.variation(here, { points: { rows: 0, columns: domain.dimension, data: new Float64Array(0) } }); // prettier-ignore
      const energy = potential + regularizer.mean(here);
      const z = Float64Array.from(w, (v, i) => v + state.momentum * (v - previous[i]!));
      const { values } = yield* oracle.variation(at(z));
      if (!Number.isFinite(energy) || !values.every(Number.isFinite))
        throw new OverparamError('NOT_FINITE', `At step ${state.iteration + 1} the energy is ${energy} and the variations ${Array.from(values).join(', ')}: check the features and the loss at the last measure.`); // prettier-ignore
      for (let i = 0; i < m; i++) z[i]! -= tau * values[i]!;
      proximal.call(regularizer, tau, z, points);
      return {
        state: {
          iteration: state.iteration + 1,
          positions,
          amplitudes: Array.from(z),
          previous: w,
          t,
          momentum: (state.t - 1) / t,
        },
        report: { step: tau, energy, excess: minimum === undefined ? null : energy - minimum },
      };
    },
  };
}
