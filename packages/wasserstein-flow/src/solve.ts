import { minimize, OverparamError, type Signal, withDefaults } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { certify, type Certificate, type CertificateOptions } from './certificate/certificate.ts';
import { conic, type ConicOptions } from './flows/conic.ts';
import { measureOracle } from './measure-oracle.ts';
import { merge, prune } from './merge.ts';
import { type Measure } from './measure.ts';
import { polish } from './polish.ts';
import { energy, type MeasureProblem } from './problem.ts';

export interface SolveOptions {
  /** The duality gap to stop at, absolute; relative to J(0) with `relative`. */
  readonly gap?: number;
  readonly relative?: boolean;
  /** Where to begin; the zero measure by default. */
  readonly start?: Measure | undefined;
  /** Steps of the conic flow in a round. */
  readonly flowSteps?: number;
  readonly alpha?: number;
  readonly beta?: number;
  /** Particles that are closer are tried as one. */
  readonly mergeDistance?: number | undefined;
  /** Rounds of insertion, flow and polish at most. */
  readonly maxRounds?: number;
  readonly certificate?: CertificateOptions;
  readonly signal?: Signal | undefined;
  /** Called after each certificate. */
  readonly onRound?: ((round: Round) => unknown) | undefined;
}

const defaults: Required<SolveOptions> = {
  gap: 1e-8,
  relative: false,
  start: undefined,
  flowSteps: 20,
  alpha: 1,
  beta: 1,
  mergeDistance: undefined,
  maxRounds: 50,
  certificate: {},
  signal: undefined,
  onRound: undefined,
};

export interface Round {
  /** 0 for the start. */
  readonly round: number;
  readonly measure: Measure;
  readonly certificate: Certificate;
  /** Steps of the flow, so far. */
  readonly flowSteps: number;
  /** Newton steps, so far. */
  readonly newtonSteps: number;
}

export interface Solution extends Round {
  /** `gap`: as small as asked. `stalled`: a round changed nothing. */
  readonly stopped: 'gap' | 'stalled' | 'rounds' | 'signal';
}

/**
 * Minimises J(mu) = R(integral phi dmu) + lambda |mu| until the certificate says how close it is.
 *
 * Each round adds a particle at every peak of |eta| above 1, where the certificate says that one is missing; moves all by
 * the conic flow; merges and prunes where that does not raise J; and polishes by Newton's method. arXiv 1907.10300 for the
 * flow; with the insertions it is a sliding Frank-Wolfe method (Denoyelle, Duval, Peyre and Soubies, arXiv 1811.06416).
 *
 * @throws OverparamError `NO_CERTIFICATE`, `NO_POLISH`, `BAD_OPTION`, and as {@link checkMeasure} for the start
 */
export async function solve(problem: MeasureProblem, options: SolveOptions = {}): Promise<Solution> {
  const all = withDefaults<SolveOptions>('solve', defaults, options);
  const { gap, relative, start, flowSteps, alpha, beta, signal, onRound, maxRounds } = all;
  const mergeDistance = all.mergeDistance ?? 0.01 * (problem.domain.period ?? 1);
  positive('gap', gap);
  positive('mergeDistance', mergeDistance);
  count('flowSteps', flowSteps, 0);
  count('maxRounds', maxRounds, 0);
  if (problem.regularizer.kind !== 'total-variation')
    throw new OverparamError('NO_CERTIFICATE', `solve takes the total variation, not ${problem.regularizer.name}.`);

  const nothing: Measure = { positions: [], weights: [] };
  const target = relative ? gap * energy(problem, nothing) : gap;
  const oracle = measureOracle(problem);
  const J = (mu: Measure): number => energy(problem, mu);
  let newtonSteps = 0;
  const polished = (mu: Measure): Measure => {
    const { measure, steps } = polish(problem, mu);
    newtonSteps += steps;
    return measure;
  };
  let flowed = 0;
  const flow = async (mu: Measure, settings: Omit<ConicOptions, 'start'>): Promise<Measure> => {
    if (mu.weights.length === 0 || flowSteps === 0) return mu;
    const method = conic(problem, { start: mu, ...settings });
    const { state, steps } = await minimize(method, oracle, {
      steps: flowSteps,
      signal,
      onStep: ({ report }) => report.energyAfter! < report.energy,
    });
    flowed += steps;
    return method.measure(state);
  };

  // Particles that near are one, though rounding may make J of the two a little less: a spike is reported once.
  const coincide = 1e-7 * (problem.domain.period ?? 1);
  const distinct = (mu: Measure): Measure => {
    const once = merge(mu, { domain: problem.domain, distance: coincide });
    if (once.weights.length === mu.weights.length) return mu;
    const settled = polished(prune(once, { below: 0 }));
    return J(settled) <= J(mu) * (1 + 1e-12) ? settled : mu;
  };

  let measure = distinct(prune(start ?? nothing, { below: 0 }));
  for (let round = 0; ; round++) {
    const certificate = certify(problem, measure, all.certificate);
    const now: Round = { round, measure, certificate, flowSteps: flowed, newtonSteps };
    await onRound?.(now);
    if (certificate.gap <= target) return { ...now, stopped: 'gap' };
    if (signal?.aborted) return { ...now, stopped: 'signal' };
    if (round === maxRounds) return { ...now, stopped: 'rounds' };

    const fuller = inserted(problem, measure, certificate);
    const moved = await flow(fuller, { alpha, beta, step: 'lipschitz' });
    const slight = 1e-12 * moved.weights.reduce((most, a) => Math.max(most, Math.abs(a)), 0);
    const apart = polished(prune(moved, { below: slight }));
    const together = polished(merge(apart, { domain: problem.domain, distance: mergeDistance }));
    // Two particles at one place are worth no less than one, up to rounding.
    const best = distinct(J(together) <= J(apart) * (1 + 1e-14) ? together : apart);
    const before = JSON.stringify(measure);
    measure = best;
    if (JSON.stringify(best) === before) return { ...now, stopped: 'stalled' };
  }
}

/** The measure with new particles at the peaks of |eta| above 1, as heavy as lowers J. */
function inserted(problem: MeasureProblem, measure: Measure, { peaks }: Certificate): Measure {
  const { domain, regularizer } = problem;
  const { lambda, positive: onlyPositive } = regularizer;
  const missing = peaks.filter(
    ({ position, value }) =>
      (onlyPositive ? -value : Math.abs(value)) > lambda &&
      measure.positions.every((x) => domain.distance(x, position) > 1e-7),
  );
  if (missing.length === 0) return measure;
  const before = energy(problem, measure);
  const excess = missing.map(({ value }) => Math.abs(value) - lambda);
  const total = excess.reduce((sum, v) => sum + v, 0);
  // |mu| <= J(mu) / lambda at every measure better than this one.
  for (let mass = before / lambda; mass > 0; mass /= 2) {
    const fuller: Measure = {
      positions: [...measure.positions, ...missing.map(({ position }) => position)],
      weights: [...measure.weights, ...missing.map(({ value }, i) => (-Math.sign(value) * mass * excess[i]!) / total)],
    };
    // Half of what the slope promises, so that the mass is about that of the minimum.
    const slope = missing.reduce((sum, _, i) => sum + (excess[i]! * excess[i]!) / total, 0);
    if (energy(problem, fuller) <= before - (mass * slope) / 2) return fuller;
  }
  return measure;
}
