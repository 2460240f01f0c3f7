import type { Domain, Measure } from '@overparam/wasserstein-flow';

/** Particles that hold less than this part of the mass are on their way to nothing. */
const NEGLIGIBLE = 1e-3;

/** The largest distance of a spike from the nearest particle of its sign; null where a spike has none. */
export function farthest({ distance }: Domain, spikes: Measure, found: Measure): number | null {
  const mass = found.weights.reduce((sum, a) => sum + Math.abs(a), 0);
  const near = spikes.positions.map((x, k) =>
    Math.min(
      ...found.positions
        .filter((_, i) => found.weights[i]! * Math.sign(spikes.weights[k]!) > NEGLIGIBLE * mass)
        .map((z) => distance(x, z)),
    ),
  );
  const largest = Math.max(...near, 0);
  return Number.isFinite(largest) ? largest : null;
}
