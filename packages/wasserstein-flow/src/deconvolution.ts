import { badOption, required, withDefaults } from '@overparam/core';
import { count } from '@overparam/line-search';
import { torus } from './domain.ts';
import { trigonometric } from './features/trigonometric.ts';
import { squared } from './losses/squared.ts';
import { fromRadii, particlesOf, type Measure } from './measure.ts';
import { measureProblem, type MeasureProblem } from './problem.ts';
import { seeded, uniform } from './random.ts';
import { totalVariation } from './regularizer.ts';

export interface DeconvolutionOptions {
  /** The spikes to be found again. */
  readonly truth: Measure;
  /** n_c, of Dirichlet's kernel. */
  readonly cutoff: number;
  readonly lambda: number;
}

/**
 * Sparse deconvolution on the torus (R / 2 pi)^d: J(mu) = 1/2 |integral phi d(mu - truth)|^2 + lambda |mu|, where phi has
 * Dirichlet's kernel. arXiv 1907.10300, section 5.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function deconvolution(options: DeconvolutionOptions): MeasureProblem {
  const { truth, cutoff, lambda } = withDefaults<DeconvolutionOptions>(
    'deconvolution',
    { truth: required, cutoff: required, lambda: required },
    options,
  );
  const d = truth.positions[0]?.length ?? 0;
  if (d === 0) throw badOption('truth', 'empty', 'at least one spike');
  const features = trigonometric({ cutoff, dimension: d });
  const { positions, weights } = particlesOf(truth, d);
  return measureProblem({
    features,
    loss: squared(features.at(positions).integrate(weights)),
    regularizer: totalVariation(lambda),
    domain: torus(d),
  });
}

/**
 * The experiment in one dimension, with the constants of the authors' code: cutoff 4, lambda 0.3. `conic` with alpha 0.05
 * and beta 0.005 from `alternatingGrid(30)` runs it, for 1000 steps.
 */
export const deconvolution1d = (
  options: Pick<DeconvolutionOptions, 'truth'> & Partial<DeconvolutionOptions>,
): MeasureProblem =>
  deconvolution(
    withDefaults<Pick<DeconvolutionOptions, 'truth'> & Partial<DeconvolutionOptions>>(
      'deconvolution1d',
      { truth: required, cutoff: 4, lambda: 0.3 },
      options,
    ),
  );

/**
 * The experiment in two dimensions, with the constants of the authors' code: frequencies up to 2 and three spikes, at pi +
 * (0, 0), (1.7, -0.3), (0.7, 1.3) with weights r^2 for r = 1.1, 0.8, 1. `conic` with alpha and beta 0.01 from 100
 * particles of r = 0.5 runs it, for 3000 steps. min J is 2.766578807082 at lambda 1 and 10.070304179044 at lambda 4.
 */
export const deconvolution2d = (options: Partial<DeconvolutionOptions> = {}): MeasureProblem =>
  deconvolution(
    withDefaults<Partial<DeconvolutionOptions>>(
      'deconvolution2d',
      { truth: { positions: spikes2d, weights: [1.1 ** 2, 0.8 ** 2, 1] }, cutoff: 2, lambda: 1 },
      options,
    ),
  );

const spikes2d = [
  [Math.PI, Math.PI],
  [Math.PI + 1.7, Math.PI - 0.3],
  [Math.PI + 0.7, Math.PI + 1.3],
];

export interface RandomSpikesOptions {
  /** m0 */
  readonly spikes?: number;
  /** The least distance of two of them, on the circle. */
  readonly separation?: number;
  /** Whether all weights are positive. */
  readonly positive?: boolean;
  readonly seed: number;
}

/**
 * Spikes at random on the circle, of either sign and of total variation 1, as in the experiment in one dimension.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, also for spikes that cannot be that far apart
 */
export function randomSpikes(options: RandomSpikesOptions): Measure {
  const { spikes, separation, positive, seed } = withDefaults<RandomSpikesOptions>(
    'randomSpikes',
    { spikes: 5, separation: 0.2, positive: false, seed: required },
    options,
  );
  count('spikes', spikes);
  const domain = torus(1);
  // Half of the circle at most is out of reach, so that a spike is soon found.
  if (!(separation >= 0 && 2 * separation * spikes <= Math.PI))
    throw badOption('separation', separation, `a number from 0 to ${Math.PI / (2 * spikes)}, for ${spikes} spikes`);
  const random = seeded(seed);
  const positions: number[][] = [];
  while (positions.length < spikes) {
    const x = domain.random(random);
    if (positions.every((other) => domain.distance(x, other) >= separation)) positions.push(x);
  }
  const sizes = positions.map(() => 0.5 + uniform(random));
  const total = sizes.reduce((sum, v) => sum + v, 0);
  const weights = sizes.map((v) => ((positive || uniform(random) < 0.5 ? 1 : -1) * v) / total);
  return { positions, weights };
}

/** m particles evenly on the circle from 0 on, with r = -radius, +radius, -radius, ...: a start for signed spikes. */
export function alternatingGrid(m: number, options: { readonly radius?: number } = {}): Measure {
  const { radius } = withDefaults('alternatingGrid', { radius: 0.5 }, options);
  count('m', m);
  return fromRadii({
    positions: Array.from({ length: m }, (_, i) => [(2 * Math.PI * i) / m]),
    radii: Array.from({ length: m }, (_, i) => (i % 2 ? radius : -radius)),
  });
}
