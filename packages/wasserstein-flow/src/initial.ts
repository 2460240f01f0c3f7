import { badOption, required, withDefaults } from '@overparam/core';
import { count } from '@overparam/line-search';
import { type Domain } from './domain.ts';
import { type Measure } from './measure.ts';
import { gaussian, seeded } from './random.ts';

export interface GridOptions {
  readonly domain: Domain;
  /** Points along each axis: n^d in all. */
  readonly perAxis: number;
  /** w_i = m a_i of every particle; 0, {0} x Theta, by default. */
  readonly weight?: number;
}

/**
 * Particles on a regular grid of a torus or a box, at {0} x Theta unless a weight is given: it separates, as the theorem
 * of global convergence asks (arXiv 1805.09545, Theorem 3.3). On a torus the first is at 0.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function grid(options: GridOptions): Measure {
  const { domain, perAxis, weight } = withDefaults<GridOptions>(
    'grid',
    { domain: required, perAxis: required, weight: 0 },
    options,
  );
  count('perAxis', perAxis);
  return withWeight(gridPoints(domain, perAxis), weight);
}

/** The points of a regular grid, the last axis the fastest. @throws OverparamError `BAD_OPTION` */
export function gridPoints({ sides, period, name }: Domain, perAxis: number): number[][] {
  if (!sides) throw badOption('domain', name, 'a torus or a box, for a grid; give points elsewhere');
  return sides.reduce<number[][]>(
    (points, [from, to]) => {
      const axis = Array.from({ length: perAxis }, (_, i) =>
        period !== undefined
          ? from + ((to - from) * i) / perAxis
          : perAxis === 1
            ? (from + to) / 2
            : from + ((to - from) * i) / (perAxis - 1),
      );
      return points.flatMap((x) => axis.map((v) => [...x, v]));
    },
    [[]],
  );
}

export interface OnSphereOptions {
  /** m */
  readonly particles: number;
  /** d, of a position; a particle (w, x) has one number more. */
  readonly dimension: number;
  /** |(w_i, x_i)| */
  readonly radius?: number;
  readonly seed?: number;
}

/**
 * Particles (w_i, x_i) uniform on a sphere of R^{1 + d}: the start for 2-homogeneous problems such as relu networks (arXiv
 * 1805.09545, Theorem 3.5).
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function onSphere(options: OnSphereOptions): Measure {
  const {
    particles: m,
    dimension,
    radius,
    seed,
  } = withDefaults<OnSphereOptions>(
    'onSphere',
    { particles: required, dimension: required, radius: 1, seed: 0 },
    options,
  );
  count('particles', m);
  count('dimension', dimension);
  const random = seeded(seed);
  const rows = Array.from({ length: m }, () => {
    const u = Array.from({ length: dimension + 1 }, () => gaussian(random));
    const norm = Math.hypot(...u);
    return u.map((v) => (radius * v) / norm);
  });
  return { positions: rows.map(([, ...x]) => x), weights: rows.map(([w]) => w! / m) };
}

export interface ScatteredOptions {
  readonly domain: Domain;
  /** m */
  readonly particles: number;
  /** Of the positions, in R^d. */
  readonly deviation?: number;
  readonly weight?: number;
  readonly seed?: number;
}

/**
 * Particles at random: Gaussian in R^d, of full support as sigmoid networks need it, and uniform on a bounded domain; at
 * {0} x Theta unless a weight is given. arXiv 1805.09545, section 4.2.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function scattered(options: ScatteredOptions): Measure {
  const {
    domain,
    particles: m,
    deviation,
    weight,
    seed,
  } = withDefaults<ScatteredOptions>(
    'scattered',
    { domain: required, particles: required, deviation: 1, weight: 0, seed: 0 },
    options,
  );
  count('particles', m);
  const random = seeded(seed);
  const scale = domain.name.startsWith('R^') ? deviation : 1;
  return withWeight(
    Array.from({ length: m }, () => domain.random(random).map((v) => scale * v)),
    weight,
  );
}

const withWeight = (positions: number[][], weight: number): Measure => ({
  positions,
  weights: positions.map(() => weight / positions.length),
});
