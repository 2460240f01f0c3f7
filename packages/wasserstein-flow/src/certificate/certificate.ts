import { badOption, run, type DualMeasureOracle, type Method, type Particles, withDefaults } from '@overparam/core';
import { measureOracle } from '../measure-oracle.ts';
import { particlesOf, totalVariationOf, type Measure } from '../measure.ts';
import { type MeasureProblem } from '../problem.ts';
import { bernsteinBound } from './bernstein.ts';
import { convexForm, type CertifiedSetting } from './convex-form.ts';
import { peaks, type Peak, type PeakOptions } from './peaks.ts';

/**
 * How far a measure is from optimal, for min J(mu) = R(mu) + lambda |mu|. eta = -R'(mu) / lambda, and mu is optimal if and
 * only if |eta| <= 1 everywhere and eta = sign(a_i) at each of its particles.
 */
export interface Certificate {
  /** J(mu); of the problem on the sphere where the regulariser is the squared norm. */
  readonly objective: number;
  /** The largest |eta| that was found (eta, where the measure has to be positive): a lower bound on the maximum. */
  readonly maximum: number;
  /** What max |eta| is taken to be in `gap`: with `rigorous`, no less than it is; otherwise `maximum`. */
  readonly bound: number;
  /**
   * Whether `bound` is proved, up to rounding: on the circle and the torus with trigonometric features. Where it is
   * not, |eta| may be larger at a place that the search has not seen, and `gap` is then no more than an estimate.
   */
  readonly rigorous: boolean;
  /** max |eta(x_i) - sign(a_i)| over the particles that hold more than `negligible` of the mass; 0 without any. */
  readonly supportResidual: number;
  /** p = scale R'(mu), which is feasible for the dual if `bound` holds: scale = min(1, 1 / bound). */
  readonly scale: number;
  /** J(mu) - (-R*(p)) >= J(mu) - min J, if `bound` holds. */
  readonly gap: number;
  /** Local maxima of |eta| that were found, the highest first, with R'(mu) as `value`. */
  readonly peaks: readonly Peak[];
}

export interface CertificateOptions extends PeakOptions {
  /** The part of |mu| up to which a particle is not counted as support; a flow never takes a weight to 0 exactly. */
  readonly negligible?: number;
}

const defaults: Required<CertificateOptions> = {
  perAxis: undefined,
  restarts: 256,
  seed: 0,
  ascents: 64,
  negligible: 1e-9,
};

/**
 * The certificate as a method of one step, for any oracle: its report is the certificate.
 *
 * @throws OverparamError `NO_CERTIFICATE`, and as {@link checkMeasure}
 */
export function certificate(
  setting: CertifiedSetting,
  measure: Measure,
  given: CertificateOptions = {},
): Method<object, Certificate, DualMeasureOracle> {
  const options = withDefaults('certificate', defaults, given);
  const { form, measure: convex } = convexForm(setting, measure);
  const { domain, lambda, positive, trigonometric } = form;
  const mu: Particles = particlesOf(convex, domain.dimension);
  const { negligible } = options;
  if (!(negligible >= 0 && negligible < 1))
    throw badOption('negligible', negligible, 'a number from 0 to 1, without 1');
  const mass = totalVariationOf(convex);
  return {
    name: 'certificate',
    options: given,
    needs: ['variation', 'fenchelYoung'],
    init: () => ({}),
    *step(state, oracle) {
      const { potential, values } = yield* oracle.variation(mu);
      const found = yield* peaks(oracle, mu, form, options);
      const height = (value: number): number => (positive ? -value : Math.abs(value));
      const highest = found.reduce((most, { value }) => Math.max(most, height(value)), positive ? -Infinity : 0);
      const bound = trigonometric ? yield* bernsteinBound(oracle, mu, form, highest) : highest;
      const scale = bound > lambda ? lambda / bound : 1;
      let supportResidual = 0;
      let slack = 0;
      mu.weights.forEach((a, i) => {
        slack += lambda * Math.abs(a) + scale * a * values[i]!;
        if (Math.abs(a) > negligible * mass)
          supportResidual = Math.max(supportResidual, Math.abs(values[i]! / lambda + Math.sign(a)));
      });
      const report: Certificate = {
        objective: potential + lambda * mass,
        maximum: highest / lambda,
        bound: bound / lambda,
        rigorous: trigonometric !== undefined,
        supportResidual,
        scale,
        // J + R*(p) = (R + R*(p) - <p, mu>) + (lambda |mu| + <p, mu>), and no term of either is negative.
        gap: Math.max(0, (yield* oracle.fenchelYoung(mu, scale)) + slack),
        peaks: found,
      };
      return { state, report };
    },
  };
}

export interface DualCertificate extends Certificate {
  /** p, N numbers. */
  readonly dualPoint: readonly number[];
}

/**
 * The certificate of a measure, in float64, and the dual point.
 *
 * @throws OverparamError `NO_CERTIFICATE` where lambda = 0 or the problem has no convex form, and as {@link checkMeasure}
 */
export function certify(problem: MeasureProblem, measure: Measure, options?: CertificateOptions): DualCertificate {
  const method = certificate(problem, measure, options);
  const { report } = run(method, measureOracle(problem), method.init());
  const { positions, weights } = particlesOf(measure, problem.domain.dimension);
  const derivative = problem.loss.derivative(problem.features.at(positions).integrate(weights));
  return { ...report, dualPoint: Array.from(derivative, (v) => report.scale * v) };
}
