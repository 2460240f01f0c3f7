import { OverparamError } from '@overparam/core';
import { sphere, type Domain } from '../domain.ts';
import { type Features } from '../features/features.ts';
import { checkMeasure, type Measure } from '../measure.ts';
import { type Setting } from '../problem.ts';

/** What a certificate has to know: where particles live, what they cost, and what is known of phi. */
export interface CertifiedSetting extends Setting {
  readonly features?: Pick<Features, 'homogeneous' | 'trigonometric'>;
}

/** min R(mu) + lambda |mu| over measures on the domain. */
export interface ConvexForm {
  readonly domain: Domain;
  readonly lambda: number;
  readonly positive: boolean;
  readonly trigonometric?: Features['trigonometric'];
}

/**
 * The convex problem that the particles' problem is a parametrisation of, and the measure in it. The total variation is
 * there already; under the squared norm a neuron (w, x) of homogeneous features counts as w |x| at x / |x| on the sphere, at
 * no more cost.
 *
 * @throws OverparamError `NO_CERTIFICATE` where lambda = 0 or the problem has no such form, and as {@link checkMeasure}
 */
export function convexForm(
  { domain, regularizer, features = {} }: CertifiedSetting,
  measure: Measure,
): { readonly form: ConvexForm; readonly measure: Measure } {
  const { lambda, positive = false, name } = regularizer;
  checkMeasure(measure, { domain, positive, empty: true });
  if (!(lambda > 0))
    throw new OverparamError('NO_CERTIFICATE', `lambda is ${lambda}: a certificate needs lambda > 0, since without it no dual point is feasible.`); // prettier-ignore
  if (regularizer.kind === 'total-variation') {
    const { trigonometric } = features;
    const known = trigonometric && domain.period === trigonometric.period ? { trigonometric } : {};
    return { form: { domain, lambda, positive, ...known }, measure };
  }
  if (regularizer.kind !== 'squared-norm' || !features.homogeneous || domain.period !== undefined || domain.sides)
    throw new OverparamError('NO_CERTIFICATE', `With ${name} there is a certificate for homogeneous features, such as relu neurons, on R^d or a sphere, and here is none: take the total variation.`); // prettier-ignore
  const norms = measure.positions.map((x) => Math.hypot(...x));
  const kept = norms.flatMap((norm, i) => (norm > 0 ? [i] : []));
  return {
    form: { domain: sphere(domain.dimension), lambda, positive },
    measure: {
      positions: kept.map((i) => measure.positions[i]!.map((v) => v / norms[i]!)),
      weights: kept.map((i) => measure.weights[i]! * norms[i]!),
    },
  };
}
