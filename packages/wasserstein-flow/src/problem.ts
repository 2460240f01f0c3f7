import { OverparamError, required, withDefaults } from '@overparam/core';
import { type Domain } from './domain.ts';
import { type Features } from './features/features.ts';
import { type Loss } from './losses/loss.ts';
import { checkMeasure, particlesOf, type Measure } from './measure.ts';
import { type Regularizer } from './regularizer.ts';

/** What a flow has to know: where particles live, and what they cost. */
export interface Setting {
  readonly domain: Domain;
  readonly regularizer: Regularizer;
}

/**
 * J(mu) = R(integral phi dmu) + G(mu) over measures on Theta, lifted to particles:
 * F_m = R(1/m sum_i w_i phi(x_i)) + 1/m sum_i V(w_i, x_i). arXiv 1805.09545, (1) and (3).
 */
export interface MeasureProblem extends Setting {
  readonly features: Features;
  readonly loss: Loss;
}

/**
 * The problem, if its parts fit together.
 * @throws OverparamError `SHAPE_MISMATCH`
 */
export function measureProblem(parts: MeasureProblem): MeasureProblem {
  const problem = withDefaults<MeasureProblem>(
    'measureProblem',
    { features: required, loss: required, domain: required, regularizer: required },
    parts,
  );
  const { features, loss, domain } = problem;
  if (features.size !== loss.size)
    throw new OverparamError('SHAPE_MISMATCH', `The ${features.name} give ${features.size} numbers, and ${loss.name} takes ${loss.size}.`); // prettier-ignore
  if (features.dimension !== domain.dimension)
    throw new OverparamError('SHAPE_MISMATCH', `The ${features.name} take points of ${features.dimension} numbers, and those of ${domain.name} have ${domain.dimension}.`); // prettier-ignore
  const waves = features.trigonometric;
  if (waves && domain.period !== undefined && domain.period !== waves.period)
    throw new OverparamError('SHAPE_MISMATCH', `The ${features.name} have the period ${waves.period}, and ${domain.name} has ${domain.period}.`); // prettier-ignore
  return problem;
}

/**
 * F_m, the energy of a measure of m particles; it is J(mu) with the total variation, where no two particles of opposite
 * sign share a place.
 * @throws OverparamError as {@link checkMeasure}
 */
export function energy({ features, loss, domain, regularizer }: MeasureProblem, measure: Measure): number {
  checkMeasure(measure, { domain, positive: regularizer.positive ?? false, empty: true });
  const particles = particlesOf(measure, domain.dimension);
  return loss.value(features.at(particles.positions).integrate(particles.weights)) + regularizer.mean(particles);
}
