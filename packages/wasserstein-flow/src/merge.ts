import { badOption, required, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { type Domain } from './domain.ts';
import { type Measure } from './measure.ts';

/**
 * The measure with particles that are closer than `distance` to one of greater mass moved there, heaviest first: weights
 * are added, so the mass of a place is kept, and opposite signs cancel. Each group sits at its heaviest particle.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function merge(
  { positions, weights }: Measure,
  options: { readonly domain: Domain; readonly distance: number },
): Measure {
  const { domain, distance } = withDefaults('merge', { domain: required, distance: required }, options);
  positive('distance', distance);
  const heaviestFirst = weights.map((_, i) => i).sort((i, j) => Math.abs(weights[j]!) - Math.abs(weights[i]!) || i - j);
  const places: number[] = [];
  const mass = new Map<number, number>();
  for (const i of heaviestFirst) {
    const near = places.find((j) => domain.distance(positions[i]!, positions[j]!) < distance);
    if (near === undefined) places.push(i);
    mass.set(near ?? i, (mass.get(near ?? i) ?? 0) + weights[i]!);
  }
  places.sort((i, j) => i - j);
  return { positions: places.map((i) => positions[i]!), weights: places.map((i) => mass.get(i)!) };
}

/**
 * The measure without the particles of |weight| <= `below`.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function prune({ positions, weights }: Measure, options: { readonly below: number }): Measure {
  const { below } = withDefaults('prune', { below: required }, options);
  if (!(below >= 0)) throw badOption('below', below, 'a number >= 0');
  const kept = weights.flatMap((a, i) => (Math.abs(a) > below ? [i] : []));
  return { positions: kept.map((i) => positions[i]!), weights: kept.map((i) => weights[i]!) };
}
